package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"

	"foghorn/pipeline/templates"
)

// texts is what a Board holds of templates, as text.
func (b *bench) texts(board *Board) map[string]string {
	out := make(map[string]string)
	for id, h := range board.templates {
		out[id] = fmt.Sprintf("%x %v %q %+v", h.hash, h.value.first, h.value.sample, *h.value.Knowledge)
	}
	return out
}

// A process need not read again what it wrote: its Board holds the same as one that reads
// it, also when the miner has learned since.
func TestBoardHoldsWhatItsRecordersWroteAsIfItHadReadIt(t *testing.T) {
	b := newBench(t, DefaultConfig())
	reading := NewBoard(DefaultConfig(), nil, zerolog.Nop())
	read := 0
	rounds := [][]string{
		{"took 1 ms", "mode=ro at eth0", "1, 2, 3 done", "日本 \x01 x", "a\tb (1.16 KB)", "say \"\u2028\" \xff <&>", "session opened for user root"},
		{"took 2 s", "mode=rw at eth1", "1 2 3 done", "session opened for user news"},
		{"session opened for user alice", "session opened for user bob", "session opened for user carol"},
		{"session opened for user dave", "session opened for user erin", "took 2 h", "mode=- at eth7"},
		{"took 9 d"}, {"mode=rw at lo"},
	}
	for i, lines := range rounds {
		for _, line := range lines {
			b.mine(day.Add(-time.Duration(i)*time.Second), line)
		}
		out := b.flush(5 * time.Second)
		reading.take(out)
		read += len(out)
		if diff := cmp.Diff(b.texts(reading), b.texts(b.board)); diff != "" {
			t.Fatalf("round %d (-read +expected):\n%s", i, diff)
		}
	}
	if read < 20 || len(b.board.templates) < 8 {
		t.Errorf("%d records, %d templates", read, len(b.board.templates))
	}
	if n := len(b.board.expected); n > 0 {
		t.Errorf("%d records are still expected", n)
	}
	have, want := templates.New(templates.DefaultConfig()), templates.New(templates.DefaultConfig())
	for board, m := range map[*Board]*templates.Miner{b.board: have, reading: want} {
		for _, h := range board.templates {
			if err := m.Learn([]*templates.Knowledge{h.value.Knowledge}); err != nil {
				t.Error(err)
			}
		}
	}
	if diff := cmp.Diff(want.Export(), have.Export(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-read +expected):\n%s", diff)
	}
}

// A record that is not as expected is read.
func TestBoardReadsWhatOthersWrote(t *testing.T) {
	b := newBench(t, DefaultConfig())
	b.mine(day, "took 1 ms")
	out, err := b.recorder.Flush(day, b.next)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 1 || len(b.board.expected) != 1 {
		t.Fatalf("%d records, %d expected", len(out), len(b.board.expected))
	}
	other := out[0]
	other.Key = []byte("0123456789abcdef")
	if b.board.record(string(other.Key), other.Value) == nil {
		t.Error("a record with another's key is taken")
	}
	b.board.take(out)
	if s := b.board.Stats(); s.Templates != 1 || s.Bad != 0 {
		t.Errorf("have %+v", s)
	}
}

// At most maxExpected records are expected.
func TestExpectedRecordsAreBounded(t *testing.T) {
	b := NewBoard(DefaultConfig(), nil, zerolog.Nop())
	for i := range uint64(3*maxExpected + 1) {
		b.expect(i, known{})
		if len(b.expected) > maxExpected {
			t.Fatalf("%d are expected", len(b.expected))
		}
	}
}
