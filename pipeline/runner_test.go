package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// script is a Source with one claim, and a Sink, that write down what is called, in
// order. The claim hands out the batches, then ends.
type script struct {
	calls   []string
	batches [][]Message
	gaps    map[int]error // before the batch of that index
	refuse  error         // of the sink
	next    int
	cancel  context.CancelFunc
}

func (s *script) note(format string, args ...any) {
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func (s *script) Run(ctx context.Context, work func(context.Context, Claim) error) error {
	ctx, s.cancel = context.WithCancel(ctx)
	defer s.cancel()
	return work(ctx, s)
}

func (s *script) Topic() string        { return "in" }
func (s *script) Partition() int       { return 2 }
func (s *script) Committed() int64     { return 0 }
func (s *script) SeekTo(int64)         {}
func (s *script) HighWatermark() int64 { return 10 }
func (s *script) Commit(next int64)    { s.note("commit %d", next) }
func (s *script) OffsetAt(context.Context, time.Time) (int64, error) {
	return 0, nil
}

func (s *script) Fetch(ctx context.Context, wait time.Duration) ([]Message, error) {
	if err := s.gaps[s.next]; err != nil {
		delete(s.gaps, s.next)
		return nil, err
	}
	if s.next == len(s.batches) {
		s.cancel()
		return nil, ctx.Err()
	}
	s.next++
	return s.batches[s.next-1], nil
}

func (s *script) Produce(_ context.Context, msgs []Message) error {
	if s.refuse != nil {
		return s.refuse
	}
	for _, m := range msgs {
		s.note("produce %s", m.Value)
	}
	return nil
}

func (s *script) Partitions(context.Context, string) (int, error) { return 1, nil }

// upper writes every record in capitals.
type upper struct {
	s    *script
	fail error
}

func (u upper) Restore(context.Context, Claim) error {
	u.s.note("restore")
	return nil
}

func (u upper) Process(_ context.Context, now time.Time, batch []Message) (out []Message, err error) {
	u.s.note("process %d at %d", len(batch), now.Unix())
	for _, m := range batch {
		out = append(out, Message{Value: bytes.ToUpper(m.Value)})
	}
	return out, u.fail
}

func TestRunner(t *testing.T) {
	fault := errors.New("a fault")
	batch := func(from int64, values ...string) (msgs []Message) {
		for i, v := range values {
			msgs = append(msgs, Message{Offset: from + int64(i), Value: []byte(v)})
		}
		return msgs
	}
	for _, test := range []struct {
		name   string
		script script
		stage  error // of Process
		make   error // of NewStage
		want   string
		fault  error
		log    string
	}{
		{name: "commits after the output was acknowledged", script: script{batches: [][]Message{batch(5, "a", "b"), batch(7, "c")}},
			want: "restore, process 2 at 9, produce A, produce B, commit 7, process 1 at 9, produce C, commit 8"},
		{name: "calls an idle stage and commits nothing", script: script{batches: [][]Message{nil, batch(0, "a")}},
			want: "restore, process 0 at 9, process 1 at 9, produce A, commit 1"},
		{name: "goes on after a gap and says so", script: script{batches: [][]Message{batch(9, "a")}, gaps: map[int]error{0: &GapError{"in", 2, 3, 9}}},
			want: "restore, process 0 at 9, process 1 at 9, produce A, commit 10", log: `"from":3,"to":9`},
		{name: "does not commit what was not acknowledged", script: script{batches: [][]Message{batch(0, "a")}, refuse: fault},
			want: "restore, process 1 at 9", fault: fault},
		{name: "does not commit what was not processed", script: script{batches: [][]Message{batch(0, "a")}}, stage: fault,
			want: "restore, process 1 at 9", fault: fault},
		{name: "gives the error of making a stage", script: script{}, make: fault, fault: fault},
		{name: "gives the error of a fetch", script: script{gaps: map[int]error{0: fault}}, want: "restore", fault: fault},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			s := &test.script
			observed := 0
			r := NewRunner(RunnerConfig{
				Name:     "upper",
				NewStage: func(string, int) (Stage, error) { return upper{s, test.stage}, test.make },
				Now:      func() time.Time { return time.Unix(9, 0) },
				Log:      zerolog.New(&log),
				Observe:  func(_ string, _, in, _ int, _ int64) { observed += in },
			}, s, s)
			if err := r.Run(t.Context()); !errors.Is(err, test.fault) {
				t.Errorf("error %v, want %v", err, test.fault)
			}
			if have := strings.Join(s.calls, ", "); have != test.want {
				t.Errorf("calls  %s\nwanted %s", have, test.want)
			}
			if !strings.Contains(log.String(), test.log) {
				t.Errorf("no %s in the log: %s", test.log, &log)
			}
		})
	}
}

// again is a stage that takes back what was written.
type again struct{ upper }

func (a again) Recycle(written []Message) { a.s.note("recycle %d", len(written)) }

// A stage gets its records back when they were acknowledged, and never before.
func TestRunnerGivesBackWhatWasWritten(t *testing.T) {
	fault := errors.New("a fault")
	batch := []Message{{Offset: 5, Value: []byte("a")}, {Offset: 6, Value: []byte("b")}}
	for _, test := range []struct {
		name   string
		refuse error
		want   string
	}{
		{name: "acknowledged", want: "restore, process 2 at 9, produce A, produce B, recycle 2, commit 7, process 0 at 9"},
		{name: "refused", refuse: fault, want: "restore, process 2 at 9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &script{batches: [][]Message{batch, nil}, refuse: test.refuse}
			r := NewRunner(RunnerConfig{
				Name:     "again",
				NewStage: func(string, int) (Stage, error) { return again{upper{s: s}}, nil },
				Now:      func() time.Time { return time.Unix(9, 0) },
				Log:      zerolog.Nop(),
			}, s, s)
			if err := r.Run(t.Context()); !errors.Is(err, test.refuse) {
				t.Errorf("error %v, want %v", err, test.refuse)
			}
			if have := strings.Join(s.calls, ", "); have != test.want {
				t.Errorf("calls  %s\nwanted %s", have, test.want)
			}
		})
	}
}
