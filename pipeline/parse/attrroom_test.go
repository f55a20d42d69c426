package parse

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/pipeline"
)

// Attributes keep their place until reuse, and their values also after it.
func TestAttrRoomKeepsValues(t *testing.T) {
	var r attrRoom
	type kept struct {
		attrs []pipeline.Attr
		want  []string
	}
	var values, want []string
	for batch := range 5 {
		var events []kept
		for i := range 300 {
			var e kept
			n := i % 7
			if i == 100 {
				n = 2 * slab
			}
			e.attrs = r.of(n)
			for k := range n {
				text := fmt.Sprintf("%d/%d/%d", batch, i, k)
				if i%50 == 0 && k == 0 {
					text += strings.Repeat("x", chunk)
				}
				e.attrs[k] = pipeline.Attr{Key: "k", Value: r.text([]byte(text))}
				e.want = append(e.want, text)
			}
			for k := range i % growth { // mined
				e.attrs = append(e.attrs, pipeline.Attr{Key: "v", Value: r.text(fmt.Appendf(nil, "+%d/%d/%d", batch, i, k))})
				e.want = append(e.want, fmt.Sprintf("+%d/%d/%d", batch, i, k))
			}
			e.attrs = r.keep(e.attrs)
			events = append(events, e)
		}
		for i, e := range events {
			if len(e.attrs) != len(e.want) {
				t.Fatalf("batch %d, event %d: have %d attributes, want %d", batch, i, len(e.attrs), len(e.want))
			}
			for k, a := range e.attrs {
				if a.Value != e.want[k] {
					t.Fatalf("batch %d, event %d: have %q, want %q", batch, i, a.Value, e.want[k])
				}
				values, want = append(values, a.Value), append(want, e.want[k])
			}
		}
		r.reuse()
	}
	for i := range values {
		if values[i] != want[i] {
			t.Fatalf("value %d: have %q, want %q", i, values[i], want[i])
		}
	}
}

// What is kept to be used again is bounded, is used again, and refers to nothing.
func TestAttrRoomIsBounded(t *testing.T) {
	var r attrRoom
	fill := func() {
		for range 10 * maxSlabs {
			attrs := r.of(slab - growth)
			attrs[0].Value = "x"
			r.keep(attrs)
		}
		r.reuse()
	}
	fill()
	if len(r.slabs) != maxSlabs {
		t.Errorf("have %d slabs, want %d", len(r.slabs), maxSlabs)
	}
	first := &r.slabs[0][0]
	if *first != (pipeline.Attr{}) {
		t.Errorf("a slab refers to %v", *first)
	}
	if have := &r.of(1)[:1][0]; have != first {
		t.Error("a slab is not used again")
	}
}
