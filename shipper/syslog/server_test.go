package syslog

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/shipper/spool"
)

func TestTCP(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.TCP, c.Labels, c.Format, c.Zone = "127.0.0.1:0", map[string]string{"env": "prod"}, "syslog", "Asia/Tokyo"
	})
	_, addr, _ := b.s.Addrs()
	c := dial(t, addr)
	send(t, c, "<34>Oct 11 22:14:15 web-1 su: one\n<34>Oct 11 22:14:15 web-1 su: tw")
	b.want("web-1:/syslog/127.0.0.1", "<34>Oct 11 22:14:15 web-1 su: one")
	send(t, c, "o\n54 <34>1 - web-2 su - - - a trace\n  at some.java(Place:1)")
	send(t, c, "<34>Oct 11 22:14:15 su: no host\n12 monkeys\n")
	b.want("web-1:/syslog/127.0.0.1", "<34>Oct 11 22:14:15 web-1 su: one", "<34>Oct 11 22:14:15 web-1 su: two")
	b.want("web-2:/syslog/127.0.0.1", "<34>1 - web-2 su - - - a trace\n  at some.java(Place:1)")
	b.want("127.0.0.1:/syslog/127.0.0.1", "<34>Oct 11 22:14:15 su: no host", "12 monkeys")
	b.sink.mu.Lock()
	l := b.sink.lines[0]
	b.sink.mu.Unlock()
	if have := fmt.Sprintf("%v %s %s", l.Labels, l.Format, l.Zone); have != "[{env prod} {network.peer.address 127.0.0.1}] syslog Asia/Tokyo" {
		t.Errorf("labels, format, zone: %s", have)
	}
	if n := b.metric("foghorn_syslog_messages_total"); n != 5 {
		t.Errorf("%v messages counted, want 5", n)
	}
	if n := b.metric("foghorn_syslog_open_connections"); n != 1 {
		t.Errorf("%v connections open, want 1", n)
	}
}

// A message longer than the limit is cut, marked and counted; the next one is whole.
func TestALongMessageIsCut(t *testing.T) {
	b := newBench(t, func(c *Config) { c.TCP, c.MessageLimit = "127.0.0.1:0", 100_000 })
	_, addr, _ := b.s.Addrs()
	c := dial(t, addr)
	long := "<13>" + strings.Repeat("x", 300_000)
	send(t, c, fmt.Sprintf("%s\n<13>next\n%d %s<13>last\n", long, len(long), long))
	b.want("127.0.0.1", long[:100_000]+" (truncated)", "<13>next", long[:100_000]+" (truncated)", "<13>last")
	if n := b.metric("foghorn_syslog_truncated_messages_total"); n != 2 {
		t.Errorf("%v messages cut, want 2", n)
	}
}

func TestUDP(t *testing.T) {
	b := newBench(t, func(c *Config) { c.UDP, c.DatagramLimit = "127.0.0.1:0", 500 })
	addr, _, _ := b.s.Addrs()
	c := dial(t, addr)
	long := "<13>" + strings.Repeat("x", 600)
	for _, text := range []string{"<13>one\n", "<13>two\nlines\n\x00", "\n", long, "<13>last"} {
		send(t, c, text)
	}
	b.want("127.0.0.1", "<13>one", "<13>two\nlines", long[:500]+" (truncated)", "<13>last")
	if n := b.metric("foghorn_syslog_dropped_datagrams_total"); n != 0 {
		t.Errorf("%v dropped", n)
	}
}

// Datagrams for which there is no room are counted: every datagram is stored or counted.
func TestDatagramsWithoutRoomAreCounted(t *testing.T) {
	b := newBench(t, func(c *Config) { c.UDP, c.Buffer, c.ReceiveBuffer = "127.0.0.1:0", 64<<10, 16<<10 })
	b.sink.mu.Lock()
	b.sink.away = make(chan struct{})
	b.sink.mu.Unlock()
	addr, _, _ := b.s.Addrs()
	c := dial(t, addr)
	const sent = 3000
	text := "<13>" + strings.Repeat("x", 5000)
	for i := range sent {
		send(t, c, fmt.Sprint(text, i))
	}
	b.until("datagrams are dropped", func() bool { return b.metric("foghorn_syslog_dropped_datagrams_total") > 0 })
	close(b.sink.away)
	b.sink.mu.Lock()
	b.sink.away = nil
	b.sink.mu.Unlock()
	b.until("every datagram is stored or counted", func() bool {
		send(t, c, "<13>probe") // each tells how many the system has dropped
		probes := 0
		texts := b.sink.texts("127.0.0.1")
		for _, text := range texts {
			if text == "<13>probe" {
				probes++
			}
		}
		dropped := int(b.metric("foghorn_syslog_dropped_datagrams_total"))
		return probes > 0 && len(texts)-probes+dropped >= sent
	})
	texts := b.sink.texts("127.0.0.1")
	seen := map[string]bool{}
	for _, text := range texts {
		if text != "<13>probe" && seen[text] {
			t.Fatalf("%.20s arrived twice", text)
		}
		seen[text] = true
	}
}

// Datagrams that wait for the spool and are more than it takes at once are stored in parts, in
// order.
func TestAFloodThatIsMoreThanTheSpoolTakesAtOnceIsStored(t *testing.T) {
	b := newBench(t, func(c *Config) { c.UDP = "127.0.0.1:0" })
	peer, batch := netip.MustParseAddr("10.0.0.1"), &spool.Batch{}
	var want []string
	for i := range 2500 { // 2.5 MB: a spool of 4 MiB takes 1 MiB at once
		want = append(want, fmt.Sprint("<13>", i, strings.Repeat("x", 1000)))
		batch.Add(b.s.line([]byte(want[i]), false, peer, time.Now()))
	}
	b.s.store(t.Context(), batch)
	b.want("10.0.0.1", want...)
	if n := b.metric("foghorn_syslog_lost_messages_total"); n != 0 {
		t.Errorf("%v messages are lost", n)
	}
}

// When the spool is full, connections are not read: their senders wait, and nothing is lost.
func TestSendersWaitWhenTheSpoolIsFull(t *testing.T) {
	b := newBench(t, func(c *Config) { c.TCP = "127.0.0.1:0" })
	away := make(chan struct{})
	b.sink.mu.Lock()
	b.sink.away = away
	b.sink.mu.Unlock()
	_, addr, _ := b.s.Addrs()
	c := dial(t, addr)
	const sent = 4000
	text := strings.Repeat("x", 5000) // 20 MB in all: more than the spool and the system hold
	done := make(chan error, 1)
	go func() {
		w := bytes.Buffer{}
		for i := range sent {
			fmt.Fprintf(&w, "<13>%d %s\n", i, text)
			if w.Len() > 100_000 {
				if _, err := c.Write(w.Bytes()); err != nil {
					done <- err
					return
				}
				w.Reset()
			}
		}
		_, err := c.Write(w.Bytes())
		done <- err
	}()
	b.until("the spool is full", func() bool { return b.q.Stats().Refused > 0 })
	select {
	case err := <-done:
		t.Fatalf("the sender did not wait (error %v)", err)
	default:
	}
	b.sink.mu.Lock()
	b.sink.away = nil
	b.sink.mu.Unlock()
	close(away)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range sent {
		want = append(want, fmt.Sprintf("<13>%d %s", i, text))
	}
	b.want("127.0.0.1", want...)
}

// What was read before a stop, and what the system had received, is in the spool when Run returns.
func TestAStopTakesWhatWasReceived(t *testing.T) {
	b := newBench(t, func(c *Config) { c.UDP, c.TCP = "127.0.0.1:0", "127.0.0.1:0" })
	udp, tcp, _ := b.s.Addrs()
	u, c := dial(t, udp), dial(t, tcp)
	var want []string
	for i := range 200 {
		send(t, u, fmt.Sprint("<13>udp ", i))
		send(t, c, fmt.Sprint("<13>tcp ", i, "\n"))
		want = append(want, fmt.Sprint("<13>tcp ", i))
	}
	send(t, c, "<13>no line feed")
	b.stop()
	have := map[string][]string{}
	b.until("all in the sink", func() bool { return len(b.sink.texts("127.0.0.1")) == 401 })
	for _, text := range b.sink.texts("127.0.0.1") {
		have[text[4:7]] = append(have[text[4:7]], text)
	}
	if d := cmp.Diff(want, have["tcp"]); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if len(have["udp"]) != 200 || len(have["no "]) != 1 {
		t.Errorf("%d datagrams, %q", len(have["udp"]), have["no "])
	}
}

// What a connection sent before it was accepted is taken by a stop, too.
func TestAStopAcceptsWhoWaits(t *testing.T) {
	b := newBench(t, func(c *Config) { c.UDP = "127.0.0.1:0" })
	b.stop()
	cfg := DefaultConfig()
	cfg.TCP = "127.0.0.1:0"
	s, err := New(cfg, b.q, zerolog.Nop(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	_, addr, _ := s.Addrs()
	send(t, dial(t, addr), "<13>early\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	b.until("it is in the sink", func() bool { return len(b.sink.texts("")) == 1 })
}

// A connection that sends nothing, or no end to a message, is closed; what came is stored.
func TestSlowSendersAreCutOff(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.TCP, c.IdleTimeout, c.MessageTimeout = "127.0.0.1:0", 100*time.Millisecond, 300*time.Millisecond
	})
	_, addr, _ := b.s.Addrs()
	silent, slow := dial(t, addr), dial(t, addr)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for { // a byte now and then, and never an end
			if _, err := slow.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for _, c := range []net.Conn{silent, slow} {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Errorf("connection is not closed: %v", err)
		}
	}
	<-ended
	b.until("what came is stored", func() bool { return len(b.sink.texts("127.0.0.1")) == 1 })
	if have := b.sink.texts("")[0]; strings.Trim(have, "x") != "" {
		t.Errorf("have %q", have)
	}
	if n := b.metric("foghorn_syslog_failed_connections_total"); n != 2 {
		t.Errorf("%v connections counted, want 2", n)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.TCP, c.MaxConnections = "127.0.0.1:0", 2 })
	_, addr, _ := b.s.Addrs()
	first, second := dial(t, addr), dial(t, addr)
	send(t, first, "<13>one\n")
	send(t, second, "<13>two\n")
	b.until("two served", func() bool { return len(b.sink.texts("")) == 2 })
	third := dial(t, addr)
	third.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := third.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the third is not closed: %v", err)
	}
	first.Close()
	b.until("a place is free again", func() bool {
		c, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte("<13>later\n"))
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		c.Read(make([]byte, 1))
		return len(b.sink.texts("")) > 2
	})
	if b.metric("foghorn_syslog_refused_connections_total") < 1 {
		t.Error("no refused connection was counted")
	}
}

func TestConfigFaultsAreAllTold(t *testing.T) {
	cfg := Config{TLS: "nowhere", Zone: "Mars/Base"}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"tls:", "cert, key:", "datagram_limit:", "message_limit:", "max_connections:", "max_sources:", "idle_timeout:", "zone:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told: %v", want, err)
		}
	}
	if have := loopback(":514"); have != "127.0.0.1:514" {
		t.Errorf("a port without host: %s", have)
	}
}

// A message that waited for memory which others' long messages took has its full time to come.
func TestWaitingForMemoryIsNotTheSendersFault(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.TCP, c.MessageTimeout = "127.0.0.1:0", time.Second
		c.MaxMemory = c.MessageLimit
	})
	if !b.s.memory.TryAcquire(int64(b.s.cfg.MaxMemory)) { // as another connection's message
		t.Fatal("no memory")
	}
	_, addr, _ := b.s.Addrs()
	c := dial(t, addr)
	text := "<13>" + strings.Repeat("x", 200<<10)
	send(t, c, text[:100<<10])
	time.AfterFunc(1500*time.Millisecond, func() { b.s.memory.Release(int64(b.s.cfg.MaxMemory)) })
	send(t, c, text[100<<10:]+"\n")
	b.want("127.0.0.1", text)
}
