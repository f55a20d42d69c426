package shipper

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

var seedFlag = flag.Uint64("seed", 0, "the one schedule that TestModel runs")

var seeds = flag.Int("seeds", 0, "how many random schedules TestModel runs beside the fixed ones; 500 take about 5 minutes on 2 cores")

// TestModel runs random schedules of writing, in part too, rotation by rename, by
// copytruncate and by removal, with compression at once, one rotation later or never,
// truncation, an absent broker, orderly restarts and kills, over up to 20 files, and then
// compares what was shipped with what was written: for each life of each file there is one
// generation of its source, and its lines, put together by their offsets, are that life's
// bytes.
func TestModel(t *testing.T) {
	list := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	for range *seeds {
		list = append(list, rand.Uint64())
	}
	if *seedFlag != 0 {
		list = []uint64{*seedFlag}
	}
	for _, seed := range list {
		glob := "*.log" // the seed decides all
		if seed%2 == 1 {
			glob = "*.log*"
		}
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			m := &model{bench: newBench(t, glob), rnd: rand.New(rand.NewPCG(seed, 0)), lives: map[string][]string{}}
			m.run()
		})
	}
}

type model struct {
	*bench
	rnd   *rand.Rand
	lives map[string][]string // by file name: the content of each life, the last one's so far
	n     int                 // lines written
	away  bool
	trace []string
	ext   string // how rotated files are compressed; empty: not
	delay bool   // one rotation later
}

func (m *model) run() {
	m.ext = append(packers[:2:2], "", "")[m.rnd.IntN(4)] // bzip2 takes a process for each file
	m.delay = m.rnd.IntN(2) == 0
	names := []string{"a.log", "b.log"}
	if m.rnd.IntN(4) == 0 {
		names = nil
		for i := range 20 {
			names = append(names, fmt.Sprintf("%c.log", 'a'+i))
		}
	}
	for _, name := range names {
		m.lives[name] = []string{""}
		m.append(name, m.text(3)+"\n")
	}
	m.start()
	m.until("files are known", func() bool { return m.sink.count() >= 3*len(names) })
	for range 30 + 2*len(names) {
		m.step(names[m.rnd.IntN(len(names))])
	}
	if m.away {
		m.sink.comeBack()
	}
	m.trace = append(m.trace, "end")
	if m.s == nil {
		m.start()
	}
	// What is not terminated at the end stays where it is, by contract.
	for _, name := range names {
		m.append(name, "\n")
	}
	want := m.want()
	m.comes(func() bool { return cmp.Equal(want, m.have()) })
	m.ordered()
}

// comes waits for what is to come.
func (m *model) comes(ok func() bool) {
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("schedule: %s\nshipped lines differ (-want +have):\n%s", strings.Join(m.trace, ", "), cmp.Diff(m.want(), m.have()))
		}
	}
}

func (m *model) step(name string) {
	note := func(format string, args ...any) { m.trace = append(m.trace, fmt.Sprintf(format, args...)) }
	switch k := m.rnd.IntN(100); {
	case k < 40:
		note("write %s", name)
		m.append(name, m.text(1+m.rnd.IntN(20))+"\n")
	case k < 50:
		note("write %s in part", name)
		m.append(name, m.text(1+m.rnd.IntN(3)))
	case k < 62:
		note("rename %s", name)
		m.shift(name)
		m.rename(name, name+".1")
		if lives := m.lives[name]; lives[len(lives)-1] != "" && m.rnd.IntN(3) == 0 { // a writer that notices late
			note("write %s.1", name)
			m.appendTo(name, name+".1", m.text(1)+"\n")
		}
		m.compress(name)
		m.next(name)
	case k < 72:
		note("copytruncate %s", name)
		m.shift(name)
		m.copy(name, name+".1")
		m.truncate(name)
		m.compress(name)
		m.next(name)
	case k < 77: // what was not read before is gone: all is read before
		m.append(name, m.text(1)+"\n") // no two lives are alike
		m.quiet()
		switch m.rnd.IntN(3) {
		case 0:
			note("remove %s", name)
			if err := os.Remove(m.path(name)); err != nil {
				m.t.Fatal(err)
			}
		case 1:
			note("truncate %s", name)
			m.truncate(name)
		default:
			note("put a new file in place of %s", name)
			m.put("new", nil)
			m.rename("new", name)
		}
		m.next(name)
	case k < 81:
		note("broker %v", m.away)
		if m.away {
			m.sink.comeBack()
		} else {
			m.sink.leave()
		}
		m.away = !m.away
	case k < 86:
		note("kill")
		m.kill()
		m.pause()
		m.start()
	case k < 90:
		note("restart")
		if m.away {
			m.sink.comeBack()
			m.away = false
		}
		m.end()
		m.pause()
		m.start()
	case k < 93:
		m.quiet()
	default:
		note("pause")
		m.pause()
	}
}

func (m *model) pause() { time.Sleep(time.Duration(m.rnd.IntN(300)) * time.Millisecond) }

// quiet waits until everything written so far was read and acknowledged, but for half
// lines.
func (m *model) quiet() {
	if m.away {
		m.sink.comeBack()
		m.away = false
	}
	want := 0
	for _, lives := range m.lives {
		for i, text := range lives {
			want += strings.LastIndexByte(text, '\n') + 1
			if i < len(lives)-1 {
				want += len(text) - (strings.LastIndexByte(text, '\n') + 1)
			}
		}
	}
	m.trace = append(m.trace, "quiet")
	m.comes(func() bool {
		have := 0
		for _, l := range m.sink.all() {
			have += int(l.Size)
		}
		return have >= want
	})
}

// text is n lines, no two of them alike, the last without its line feed.
func (m *model) text(n int) string {
	lines := make([]string, n)
	for i := range lines {
		m.n++
		lines[i] = fmt.Sprintf("%d %s", m.n, strings.Repeat("x", m.rnd.IntN(80)))
	}
	return strings.Join(lines, "\n")
}

func (m *model) append(name, text string) { m.appendTo(name, name, text) }

func (m *model) appendTo(name, file, text string) {
	m.write(file, text)
	lives := m.lives[name]
	lives[len(lives)-1] += text
}

// compress does what logrotate's compress does with the file that was just rotated, or,
// as with delaycompress, with the one before it.
func (m *model) compress(name string) {
	file := name + ".1"
	if m.delay {
		file = name + ".2"
	}
	st, err := os.Stat(m.path(file))
	if m.ext == "" || err != nil || st.Size() == 0 {
		return
	}
	m.trace = append(m.trace, "compress "+file+m.ext)
	m.pack(file, m.ext)
}

// next begins a new life.
func (m *model) next(name string) {
	m.lives[name] = append(m.lives[name], "")
	if m.rnd.IntN(2) == 0 {
		m.append(name, m.text(1)+"\n")
	}
}

// shift makes room for a new .1; the names never run out, so that nothing is deleted.
func (m *model) shift(name string) {
	m.write(name, "") // it exists
	for i := 40; i >= 1; i-- {
		for _, ext := range []string{"", m.ext} {
			from, to := fmt.Sprintf("%s.%d%s", name, i, ext), fmt.Sprintf("%s.%d%s", name, i+1, ext)
			if err := os.Rename(m.path(from), m.path(to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				m.t.Fatal(err)
			}
		}
	}
}

func (m *model) want() []string {
	var out []string
	for name, lives := range m.lives {
		for _, text := range lives {
			if text != "" {
				out = append(out, brief(name, text))
			}
		}
	}
	sort.Strings(out)
	return out
}

// brief names a life by its first line, its length and its hash.
func brief(name, text string) string {
	first, _, _ := strings.Cut(text, " ")
	return fmt.Sprintf("%s from line %s, %d bytes, %x", name, first, len(text), xxhash.Sum64String(text))
}

func (m *model) have() []string {
	type life struct {
		source     string
		generation uint64
	}
	lives := map[life][]pipeline.Line{}
	for _, l := range m.sink.all() {
		k := life{l.ID.Source, l.ID.Generation}
		lives[k] = append(lives[k], l)
	}
	var out []string
	for k, lines := range lives {
		sort.Slice(lines, func(i, j int) bool { return lines[i].ID.Offset < lines[j].ID.Offset })
		var b strings.Builder
		for _, l := range lines {
			if int64(b.Len()) != l.ID.Offset {
				fmt.Fprintf(&b, "<gap to %d>", l.ID.Offset)
			}
			b.Write(l.Raw)
			if l.Size == int64(len(l.Raw))+1 {
				b.WriteByte('\n')
			}
		}
		_, path := pipeline.SplitSource(k.source)
		out = append(out, brief(filepath.Base(path), b.String()))
	}
	sort.Strings(out)
	return out
}

// ordered checks that the lines of a generation came in the order of their offsets.
func (m *model) ordered() {
	next := map[uint64]int64{}
	for _, l := range m.sink.all() {
		if l.ID.Offset < next[l.ID.Generation] {
			m.t.Errorf("line %+v came behind one at offset %d", l.ID, next[l.ID.Generation])
		}
		next[l.ID.Generation] = l.ID.Offset
	}
}
