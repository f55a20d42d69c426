package deliver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

var errRefused = errors.New("record is too large")

// broker takes what it does not refuse, all of a call or nothing.
type broker struct {
	refuse func(m *pipeline.Message) bool
	have   []string // topic, key and length of value, of what it took
	dead   []pipeline.Message
	calls  int
}

func (b *broker) Partitions(context.Context, string) (int, error) { return 1, nil }

func (b *broker) Produce(ctx context.Context, msgs []pipeline.Message) error {
	b.calls++
	if b.refuse == nil {
		<-ctx.Done() // it is away
		return ctx.Err()
	}
	for i := range msgs {
		if b.refuse(&msgs[i]) {
			return errRefused
		}
	}
	for i := range msgs {
		m := &msgs[i]
		b.have = append(b.have, fmt.Sprintf("%s %.20s %d", m.Topic, m.Key, len(m.Value)))
		if m.Topic == pipeline.TopicDeadLetter {
			b.dead = append(b.dead, *m)
		}
	}
	return nil
}

func record(key string, size int, label string) pipeline.Message {
	return pipeline.Message{Topic: pipeline.TopicRaw, Key: []byte(key), Value: bytes.Repeat([]byte("x"), size), Headers: []pipeline.Header{
		{Key: pipeline.HeaderLine, Value: []byte("0000000000000001:0:2")}, {Key: pipeline.HeaderLabel + "a", Value: []byte(label)},
	}}
}

func sender(b *broker, log *bytes.Buffer, buried *int) *Sender {
	return New(Config{
		Sink: b, Log: zerolog.New(zerolog.SyncWriter(log)), Stage: "test", Silent: "broker is silent",
		About: func(e *zerolog.Event) { e.Int("waiting", 7) }, Buried: func() { *buried++ },
	})
}

func TestARefusedRecordGoesToTheDeadLettersAndTheOthersArrive(t *testing.T) {
	long := strings.Repeat("l", 200<<10)
	large := func(m *pipeline.Message) bool {
		n := len(m.Key) + len(m.Value)
		for _, h := range m.Headers {
			n += len(h.Value)
		}
		return n > 100<<10 || m.Topic == pipeline.TopicRaw && n > 1000
	}
	for _, c := range []struct {
		name   string
		record pipeline.Message
		want   string // of the dead letter
	}{
		{"whole", record("s:/2", 2000, ""), "logs.deadletter s:/2 2000"},
		{"its beginning", record("s:/2", 300<<10, ""), "logs.deadletter s:/2 65536"},
		{"without labels", record("s:/2", 1, long), "logs.deadletter s:/2 1"},
		{"with the beginning of its key", record("s:/2"+long, 1, ""), "logs.deadletter s:/2" + long[:16] + " 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			b, buried := &broker{refuse: large}, 0
			sure, err := sender(b, &log, &buried).Produce(t.Context(), []pipeline.Message{record("s:/1", 1, ""), c.record, record("s:/3", 3, "")})
			if sure || err != nil || buried != 1 {
				t.Errorf("sure %v, error %v, %d buried", sure, err, buried)
			}
			if d := cmp.Diff([]string{"logs.raw s:/1 1", c.want, "logs.raw s:/3 3"}, b.have); d != "" {
				t.Error("-want +have", d)
			}
			for key, want := range map[string]string{
				pipeline.HeaderLine: "0000000000000001:0:2", pipeline.HeaderDeadTopic: pipeline.TopicRaw,
				pipeline.HeaderDeadReason: errRefused.Error(), pipeline.HeaderDeadStage: "test",
			} {
				if v, _ := b.dead[0].Header(key); string(v) != want {
					t.Errorf("%s: %q, want %q", key, v, want)
				}
			}
			if !strings.Contains(log.String(), "put on the dead letters") {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func TestAsLongAsDeadLettersAreRefusedTooItIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, buried, start := &broker{}, 0, time.Now()
		b.refuse = func(*pipeline.Message) bool { return time.Since(start) < time.Minute }
		sure, err := sender(b, &log, &buried).Produce(t.Context(), []pipeline.Message{record("s:/1", 1, "")})
		if sure || err != nil || buried != 0 {
			t.Errorf("sure %v, error %v, %d buried", sure, err, buried)
		}
		if d := cmp.Diff([]string{"logs.raw s:/1 1"}, b.have); d != "" {
			t.Error("-want +have", d)
		}
		synctest.Wait()
		if n := strings.Count(log.String(), `"waiting":7`); n < 6 || n > 8 || !strings.Contains(log.String(), "broker refuses lines, trying again") {
			t.Errorf("%d warnings in a minute, want one in ten seconds:\n%s", n, log.String())
		}
	})
}

func TestProduceEndsWithItsContext(t *testing.T) {
	for name, refuse := range map[string]func(*pipeline.Message) bool{"away": nil, "refusing": func(*pipeline.Message) bool { return true }} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				buried := 0
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				sure, err := sender(&broker{refuse: refuse}, &log, &buried).Produce(ctx, []pipeline.Message{record("s:/1", 1, "")})
				if sure || !errors.Is(err, context.DeadlineExceeded) || buried != 0 {
					t.Errorf("sure %v, error %v, %d buried", sure, err, buried)
				}
				synctest.Wait()
				if name == "away" && strings.Count(log.String(), `"waiting":7,"message":"broker is silent"`) != 2 {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
}

func TestAnAcknowledgedBatchIsSentOnceAndItsMemoryIsFree(t *testing.T) {
	var log bytes.Buffer
	b, buried := &broker{refuse: func(*pipeline.Message) bool { return false }}, 0
	sure, err := sender(b, &log, &buried).Produce(t.Context(), []pipeline.Message{record("s:/1", 1, ""), record("s:/2", 2, "")})
	if !sure || err != nil || b.calls != 1 || buried != 0 || log.Len() != 0 {
		t.Errorf("sure %v, error %v, %d calls, %d buried, log %q", sure, err, b.calls, buried, log.String())
	}
}
