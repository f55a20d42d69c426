package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Line is one line of a service, without line feed.
type Line struct {
	Service string
	Time    time.Time
	Text    string
}

// Services are the names of the services; each writes <name>.log.
func Services() []string {
	return []string{"gateway", "video", "catalog", "database", "replication", "auth"}
}

// step is the grain of shop time.
const step = 100 * time.Millisecond

// When each failure follows the first one.
const (
	replicaDies   = 5 * time.Second  // after FailAfter
	videoNotFound = 10 * time.Second // after FailAfter
	bruteForce    = 20 * time.Second // after FailAfter: somebody tries passwords as well
)

// linesPerRequest is what a request costs in lines while all is well.
const linesPerRequest = 3.3

// story tells the shop's life step by step.
type story struct {
	rng     *rand.Rand
	start   time.Time
	rate    float64
	fail    time.Duration
	steps   int64
	due     float64 // requests not yet made
	segment int
	out     []Line
}

func newStory(seed uint64, start time.Time, rate int, fail time.Duration) *story {
	return &story{rng: rand.New(rand.NewPCG(seed, 0x666f67)), start: start.UTC(), rate: float64(rate), fail: fail}
}

// next returns the lines of the next step, in order of time. They are valid until the
// following call.
func (s *story) next() []Line {
	s.out = s.out[:0]
	at := time.Duration(s.steps) * step
	now := s.start.Add(at)
	second := s.steps%10 == 0
	s.steps++

	load := 1.0
	if at >= s.fail+videoNotFound {
		load = 2.5 // clients try again
	}
	s.due += load * s.rate / linesPerRequest * step.Seconds()
	n := int(s.due)
	s.due -= float64(n)
	for i := range n {
		s.request(now.Add(step*time.Duration(i)/time.Duration(n)), at)
	}
	if second {
		s.replication(now, at)
		s.database(now, at)
		s.auth(now, at)
	}
	return s.out
}

func (s *story) say(service string, t time.Time, format string, args ...any) {
	s.out = append(s.out, Line{Service: service, Time: t, Text: fmt.Sprintf(format, args...)})
}

// request is one client's request and what it leaves in the logs behind the gateway.
func (s *story) request(t time.Time, at time.Duration) {
	id := s.rng.IntN(5000)
	trace := fmt.Sprintf("%016x%016x", s.rng.Uint64(), s.rng.Uint64())
	client := fmt.Sprintf("198.51.%d.%d", 100+s.rng.IntN(4), 1+s.rng.IntN(254))
	millis := 2 + s.rng.ExpFloat64()*8
	down := at >= s.fail+replicaDies && s.rng.IntN(3) == 0
	unknown := at >= s.fail+videoNotFound && s.rng.IntN(10) < 6

	status, bytes := 200, 400+s.rng.IntN(60_000)
	switch {
	case down:
		status, bytes = []int{500, 502, 503}[s.rng.IntN(3)], 157
		s.catalogError(t, trace, id)
		s.say("video", t, `{"level":"error","service":"video","time":%q,"trace_id":%q,"video_id":%d,"status":%d,"error":"catalog: dial tcp 10.0.3.12:5432: connect: connection refused","message":"lookup failed"}`,
			stamp(t), trace, id, status)
	case unknown:
		status, bytes = 404, 162
		s.catalog(t, trace, id, millis, false)
		s.say("video", t, `{"level":"warn","service":"video","time":%q,"trace_id":%q,"video_id":%d,"status":404,"duration_ms":%.1f,"message":"Video not found"}`,
			stamp(t), trace, id, millis)
	case s.rng.IntN(1000) < 8:
		status, bytes = 404, 162
	case s.rng.IntN(2000) == 0:
		status, bytes = 500, 157
		s.say("video", t, `{"level":"error","service":"video","time":%q,"trace_id":%q,"video_id":%d,"status":500,"error":"decode: unexpected EOF","message":"transcode failed"}`, stamp(t), trace, id)
	default:
		if s.rng.IntN(30) == 0 {
			status, bytes = 304, 0
		}
		s.catalog(t, trace, id, millis, true)
		s.say("video", t, `{"level":"info","service":"video","time":%q,"trace_id":%q,"video_id":%d,"status":%d,"duration_ms":%.1f,"message":"video served"}`,
			stamp(t), trace, id, status, millis)
	}
	s.say("gateway", t, `%s - - [%s] "GET /api/videos/%d HTTP/1.1" %d %d "https://shop.example/watch/%d" "%s" rt=%.3f trace=%s`,
		client, t.Format("02/Jan/2006:15:04:05 -0700"), id, status, bytes, id, agents[s.rng.IntN(len(agents))], millis/1000, trace)
	if s.rng.IntN(4) == 0 && !down {
		s.say("database", t, "%s UTC [%d] LOG:  duration: %.3f ms  statement: SELECT title, location FROM video WHERE id = %d",
			t.Format("2006-01-02 15:04:05.000"), 2100+s.rng.IntN(16), millis/3, id)
	}
}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15",
	"ShopTV/3.2 (Android 14)",
	"curl/8.5.0",
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

func (s *story) catalog(t time.Time, trace string, id int, millis float64, found bool) {
	level, msg := "info", "item found"
	if !found {
		level, msg = "warn", "item missing on replica"
	}
	s.say("catalog", t, `time=%s level=%s service=catalog msg=%q item=%d duration=%.1fms trace_id=%s`, stamp(t), level, msg, id, millis/2, trace)
}

func (s *story) catalogError(t time.Time, trace string, id int) {
	s.say("catalog", t, `time=%s level=error service=catalog msg="query failed" item=%d error="dial tcp 10.0.3.12:5432: connect: connection refused" trace_id=%s`, stamp(t), id, trace)
}

// replication ships a segment each second, until it stops and is silent for good.
func (s *story) replication(t time.Time, at time.Duration) {
	when := t.Format("2006-01-02 15:04:05,000")
	switch d := at - s.fail; {
	case d < 0:
		s.segment++
		s.say("replication", t, "%s INFO  [sender-1] com.shop.replication.Sender - shipped segment %08X to replica-2 (%d bytes, lag %d ms)",
			when, s.segment, 16384+s.rng.IntN(1<<20), 3+s.rng.IntN(40))
	case d < time.Second:
		s.say("replication", t, "%s ERROR [sender-1] com.shop.replication.Sender - sending segment %08X to replica-2 failed", when, s.segment+1)
		for _, trace := range []string{
			"java.net.SocketException: Broken pipe",
			"\tat java.base/sun.nio.ch.SocketChannelImpl.write(SocketChannelImpl.java:542)",
			"\tat com.shop.replication.Sender.ship(Sender.java:118)",
			"\tat com.shop.replication.Sender.run(Sender.java:61)",
			"Caused by: java.io.IOException: No space left on device",
			"\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)",
			"\t... 2 more",
		} {
			s.say("replication", t, "%s", trace)
		}
		s.say("replication", t, "%s FATAL [sender-1] com.shop.replication.Sender - replication to replica-2 stopped", when)
	}
}

func (s *story) database(t time.Time, at time.Duration) {
	when := t.Format("2006-01-02 15:04:05.000")
	switch d := at - s.fail; {
	case d < 0:
		if s.rng.IntN(5) == 0 {
			s.say("database", t, "%s UTC [2001] LOG:  checkpoint complete: wrote %d buffers (0.%d%%)", when, 10+s.rng.IntN(400), 1+s.rng.IntN(9))
		}
	case d < replicaDies:
		s.say("database", t, "%s UTC [2044] WARNING:  replica-2 lags %d s behind the primary", when, int(d.Seconds())+1)
	case d < replicaDies+time.Second:
		s.say("database", t, "%s UTC [2044] FATAL:  could not receive data from WAL stream: server closed the connection unexpectedly", when)
		s.say("database", t, "%s UTC [2001] LOG:  database system is shut down", when)
	default:
		s.say("database", t, "%s UTC [%d] FATAL:  the database system is starting up: connection refused to client 10.0.3.%d", when, 2200+s.rng.IntN(400), 20+s.rng.IntN(6))
	}
}

func (s *story) auth(t time.Time, at time.Duration) {
	when := t.Format(time.Stamp)
	pid := 24000 + s.rng.IntN(4000)
	if s.rng.IntN(4) == 0 {
		s.say("auth", t, "%s shop-1 sshd[%d]: Accepted publickey for deploy from 10.0.0.%d port %d ssh2: ED25519 SHA256:%016x", when, pid, 2+s.rng.IntN(8), 40000+s.rng.IntN(20000), s.rng.Uint64())
	}
	if s.rng.IntN(20) == 0 {
		s.say("auth", t, "%s shop-1 sshd[%d]: Failed password for deploy from 10.0.0.%d port %d ssh2", when, pid, 2+s.rng.IntN(8), 40000+s.rng.IntN(20000))
	}
	if d := at - s.fail - bruteForce; d >= 0 && d < 20*time.Second {
		user := []string{"root", "admin", "oracle", "test"}[s.rng.IntN(4)]
		for range 2 {
			s.say("auth", t, "%s shop-1 sshd[%d]: Failed password for %s from 203.0.113.66 port %d ssh2", when, pid, user, 40000+s.rng.IntN(20000))
		}
	}
}

// Generate returns the lines of the first d of a shop's life, in order of time: the same
// lines for the same Seed, Start, Rate and FailAfter of cfg. A zero Start is the Unix
// epoch.
func Generate(cfg Config, d time.Duration) []Line {
	cfg = cfg.withDefaults()
	start := cfg.Start
	if start.IsZero() {
		start = time.Unix(0, 0)
	}
	s := newStory(cfg.Seed, start, cfg.Rate, cfg.FailAfter)
	var out []Line
	for time.Duration(s.steps)*step < d {
		out = append(out, s.next()...)
	}
	return out
}
