package shipper

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/multiline"
)

// cutter is a reader of logs.raw as stage 1 is one: of each generation it keeps the bytes
// behind the highest offset that it has seen, and cuts off the part of a record before it.
type cutter struct {
	mu    sync.Mutex
	cut   bool // accepts nothing: the shipper's process is being killed
	lives map[string]map[uint64]*strings.Builder
	order map[string][]uint64
	joins int // events of several lines
	twice int // records with something that was seen before
}

func (k *cutter) Partitions(context.Context, string) (int, error) { return 2, nil }

func (k *cutter) Produce(ctx context.Context, msgs []pipeline.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cut {
		return errCut
	}
	for i := range msgs {
		l, err := pipeline.DecodeLine(&msgs[i])
		if err != nil {
			return err
		}
		if err := k.take(&l); err != nil {
			return err
		}
	}
	return nil
}

func (k *cutter) take(l *pipeline.Line) error {
	_, path := pipeline.SplitSource(l.ID.Source)
	name := filepath.Base(path)
	if k.lives[name] == nil {
		k.lives[name] = map[uint64]*strings.Builder{}
	}
	life := k.lives[name][l.ID.Generation]
	if life == nil {
		life = &strings.Builder{}
		k.lives[name][l.ID.Generation] = life
		k.order[name] = append(k.order[name], l.ID.Generation)
	}
	text := string(l.Raw)
	if l.Size == int64(len(text))+1 {
		text += "\n"
	}
	if strings.Count(text, "\n") > 1 {
		k.joins++
	}
	at := int64(life.Len())
	switch end := l.ID.Offset + l.Size; {
	case l.ID.Offset > at:
		return fmt.Errorf("%s: a gap from %d to %d", name, at, l.ID.Offset)
	case l.Size != int64(len(text)):
		return fmt.Errorf("%s: %d bytes at %d have size %d", name, len(text), l.ID.Offset, l.Size)
	case l.ID.Offset < at:
		k.twice++
		seen := min(at, end) - l.ID.Offset
		if have := life.String()[l.ID.Offset:min(at, end)]; have != text[:seen] {
			return fmt.Errorf("%s: at %d were %q and are %q", name, l.ID.Offset, have, text[:seen])
		}
		text = text[seen:]
	}
	life.WriteString(text)
	return nil
}

func (k *cutter) setCut(cut bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cut = cut
}

// shipped are the contents of the generations of a file, in the order in which they came.
func (k *cutter) shipped(name string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, g := range k.order[name] {
		out = append(out, k.lives[name][g].String())
	}
	return out
}

// TestTheBytesOfEveryFileAreCoveredExactlyOnce writes traces in pieces, with rotations,
// pauses that are longer than the time-out, kills and restarts: once a reader has cut off
// what it has seen before, it has the bytes of every life of every file exactly once.
func TestTheBytesOfEveryFileAreCoveredExactlyOnce(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			covered(t, rand.New(rand.NewPCG(seed, 7)))
		})
	}
}

func covered(t *testing.T, rnd *rand.Rand) {
	b := newBench(t, "*.log")
	k := &cutter{lives: map[string]map[uint64]*strings.Builder{}, order: map[string][]uint64{}}
	b.cfg.Multiline = multiline.Config{Timeout: 30 * time.Millisecond, MaxLines: 12}
	var stop context.CancelFunc
	var done chan error
	start := func() {
		s, err := New(b.cfg, k, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.wait = patience{settle: 50 * time.Millisecond, drainLimit: time.Second, grace: 200 * time.Millisecond, lateGrace: time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		stop, done = cancel, make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
	}
	end := func() { stop(); <-done } // an error says that lines were not accepted: they come again
	kill := func() {
		path := filepath.Join(b.cfg.DataDir, "checkpoint.json")
		saved, err := os.ReadFile(path)
		k.setCut(true)
		end()
		if err == nil {
			err = os.WriteFile(path, saved, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		k.setCut(false)
	}
	lives := map[string][]string{}
	n := 0
	write := func(name, text string) {
		b.write(name, text)
		if len(lives[name]) == 0 {
			lives[name] = []string{""}
		}
		lives[name][len(lives[name])-1] += text
	}
	text := func() string {
		n++
		lines := fmt.Sprintf("2026 ERROR %d failed\njava.io.IOException: %d\n", n, n)
		for i := range rnd.IntN(20) {
			lines += fmt.Sprintf("\tat a.B.c%d(B.java:%d)\n", n, i)
		}
		return lines + strings.Repeat(fmt.Sprintf("2026 INFO %d\n", n), rnd.IntN(3))
	}
	names := []string{"a.log", "b.log"}
	for _, name := range names {
		write(name, text())
	}
	start()
	b.until("the files are known", func() bool { return len(k.shipped("a.log"))+len(k.shipped("b.log")) == 2 })
	for range 60 {
		name := names[rnd.IntN(2)]
		switch move := rnd.IntN(20); {
		case move < 12:
			all := text()
			at := rnd.IntN(len(all))
			write(name, all[:at])
			if rnd.IntN(3) == 0 {
				// The time-out may pass between the two halves: that is what is tried.
				time.Sleep(time.Duration(rnd.IntN(60)) * time.Millisecond)
			}
			write(name, all[at:])
		case move < 15:
			b.rename(name, fmt.Sprintf("%s.%d", name, len(lives[name])))
			lives[name] = append(lives[name], "")
			write(name, text())
		case move < 17:
			end()
			write(name, text())
			start()
		default:
			kill()
			write(name, text())
			start()
		}
	}
	defer func() { end() }()
	for _, name := range names {
		b.until("all of "+name, func() bool { return strings.Join(k.shipped(name), "=\n") == strings.Join(lives[name], "=\n") })
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.joins == 0 {
		t.Error("no event of several lines")
	}
	t.Logf("%d events of several lines, %d records with something seen before", k.joins, k.twice)
}
