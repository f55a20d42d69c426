package catalog

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// Whatever stands on the topic, a board takes it or leaves it out, and lists, comparisons
// and recorders work on.
func FuzzRecords(f *testing.F) {
	f.Add("counts/0/0/300", `{"offset":3,"services":{"a":{"x":{"n":1,"last":2}}}}`, "hello 1")
	f.Add("counts/0/0/0", `{"until":7200,"services":{"":null}}`, "")
	f.Add("curation/1111111111111111", `{"id":"2","merged_into":"1111111111111111","splits":["<*>",""]}`, "a b")
	f.Add("progress/0", `{"offset":-1}`, "\xff")
	f.Add("0011223344556677", `{"id":"0011223344556677","slots":[{"k":3}]}`, "x")
	f.Fuzz(func(t *testing.T, key, value, line string) {
		board := NewBoard(DefaultConfig(), nil, zerolog.Nop())
		board.take([]pipeline.Message{{Key: []byte(key), Value: []byte(value)}, {Key: []byte(key)}, {Key: []byte(key), Value: []byte(value)}})
		r := NewRecorder(DefaultConfig(), board, 0)
		counts, _ := board.of(0)
		r.counts.restore(counts)
		r.learn()
		for i := range 3 {
			e := pipeline.Event{Timestamp: int64(i) * int64(time.Hour)}
			r.Mine(int64(i), &e, []byte(line))
			out, err := r.Flush(time.Unix(int64(i)*100_000, 0), int64(i)+1)
			if err != nil {
				t.Fatal(err)
			}
			board.take(out)
			if e.Template == "" {
				t.Error("a line has no template")
			}
			if _, ok := board.Get(e.Template); !ok {
				t.Errorf("the template %s of %q is not known", e.Template, line)
			}
		}
		board.List(Query{})
		board.Diff(Query{}, Period{time.Unix(0, 0), time.Unix(10, 0)}, Period{time.Unix(10, 0), time.Unix(20, 0)})
	})
}
