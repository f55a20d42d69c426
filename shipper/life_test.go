package shipper

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/shipper/identity"
)

// What the examiner is told of a generation does not change while that is read on.
func TestALifeDoesNotChangeWhileItsFileIsReadOn(t *testing.T) {
	g := &generation{}
	next := int64(0)
	add := func() {
		g.trail.Add(identity.Print{Offset: next, Len: 10, Sum: uint64(next)})
		next += 10
	}
	for range 40 { // more than a trail keeps
		add()
	}
	life := g.life()
	want := slices.Clone(life.Trail)
	for range 40 {
		add()
	}
	if d := cmp.Diff(want, life.Trail); d != "" {
		t.Errorf("(-want +have)\n%s", d)
	}
}
