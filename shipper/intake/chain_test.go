package intake

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/pipeline/parse"
	"foghorn/shipper/spool"
)

// broker is an embedded broker with our topics.
func broker(t *testing.T) *kafka.Client {
	t.Helper()
	b, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := kafka.New(kafka.Config{Brokers: []string{b.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	return client
}

// raw sends what is in the spool and returns the records of logs.raw.
func raw(t *testing.T, q *spool.Queue, client *kafka.Client) []pipeline.Message {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, client.Sink(kafka.DefaultSinkConfig())) }()
	if err := q.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var all []pipeline.Message
	c := client.Open(pipeline.TopicRaw, 0, 0)
	for {
		msgs, err := c.Fetch(t.Context(), 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, msgs...); int64(len(all)) >= c.HighWatermark() {
			return all
		}
	}
}

// drain opens a spool that was left and returns its lines as they come out of it.
func drain(t *testing.T, dir string) (lines []string) {
	t.Helper()
	q, err := spool.Open(spool.DefaultConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range raw(t, q, broker(t)) {
		lines = append(lines, string(m.Value))
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// What a record tells is what the event tells, through the spool, the broker and the parser.
func TestEventsThroughTheChain(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Labels = []pipeline.Attr{{Key: "region", Value: "eu"}}
		c.Redact = func(line []byte) []byte { return []byte(strings.ReplaceAll(string(line), "declined", "*")) }
	}, nil)
	for _, r := range []request{
		{"", "/v1/logs", []string{asJSON, "X-Scope-OrgID: team-a"}, otlpJSON},
		{"", "/loki/api/v1/push", []string{asJSON}, lokiJSON},
		{"", "/_bulk", nil, bulkDocs},
		{"", "/api/v1/push?service=cart&host=web-1", nil, "2023-11-14T22:13:20.123Z ERROR card declined\n"},
		{"", "/loki/api/v1/push", []string{asJSON}, `{"streams":[{"stream":{"app":"java"},"values":[["1700000000123456789","Oops: x\n\tat A.b(A.java:1)"]]}]}`},
	} {
		if a := b.do(r); a.status/100 != 2 {
			t.Fatalf("%s: %d %s", r.path, a.status, a.body)
		}
	}
	msgs := raw(t, b.queue, broker(t))
	stage := parse.NewStage(parse.StageConfig{}, 0)
	out, err := stage.Process(t.Context(), time.Now(), msgs)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]pipeline.Event{}
	for i := range out {
		if out[i].Topic != pipeline.TopicEvents {
			reason, _ := out[i].Header(pipeline.HeaderDeadReason)
			t.Fatalf("a record on %s: %s: %s", out[i].Topic, out[i].Value, reason)
		}
		events, err := pipeline.DecodeEvents(&out[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			_, path := pipeline.SplitSource(e.ID.Source)
			have[strings.SplitN(path, "/", 3)[1]+" "+e.Service] = e
		}
	}
	at := time.Unix(1700000000, 123456789).UTC()
	type want struct {
		body, host, trace, span, class string
		time                           time.Time
		severity                       pipeline.Severity
		attrs                          map[string]string
	}
	for key, w := range map[string]want{
		"otlp cart": {"card *", "web-1", "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", pipeline.ErrorServer, at, 17,
			map[string]string{"region": "eu", "tenant": "team-a", "http.response.status_code": "503"}},
		"loki cart": {`level=warn msg="card *"`, "web-1", "", "", "", at, 13, map[string]string{"region": "eu", "msg": "card *"}},
		"bulk cart": {`{"@timestamp":"2023-11-14T22:13:20.123Z","log.level":"error","message":"card *","service":{"name":"cart"},"host":{"name":"web-1"}}`, "web-1", "", "", pipeline.ErrorServer,
			at.Truncate(time.Millisecond), 17, map[string]string{"region": "eu", "message": "card *"}},
		"push cart": {"2023-11-14T22:13:20.123Z ERROR card *", "web-1", "", "", pipeline.ErrorServer, at.Truncate(time.Millisecond), 17, map[string]string{"region": "eu"}},
		"loki java": {"Oops: x\n\tat A.b(A.java:1)", "127.0.0.1", "", "", "", at, 0, map[string]string{"app": "java"}},
	} {
		e, ok := have[key]
		if !ok {
			t.Errorf("no event of %s in %v", key, have)
			continue
		}
		got := want{string(e.Body), e.Host, e.TraceID, e.SpanID, e.ErrorClass, e.EventTime(), e.Severity, map[string]string{}}
		for name := range w.attrs {
			got.attrs[name], _ = e.Field(name)
		}
		if d := cmp.Diff(w, got, cmp.AllowUnexported(want{})); d != "" {
			t.Errorf("%s: -want +have\n%s", key, d)
		}
	}
}
