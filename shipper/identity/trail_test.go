package identity

import (
	"fmt"
	"testing"
)

func TestTrailKeepsAFewPrintsTheNewerTheDenser(t *testing.T) {
	var trail Trail
	trail.Add(Print{})
	for i := range int64(10_000) {
		trail.Add(PrintOf(10*i, fmt.Appendf(nil, "line %d", i%10)))
		trail.Add(PrintOf(10*i, []byte("before the end of the last"))) // is not taken
	}
	if n := len(trail); n < trailMax/2 || n > trailMax {
		t.Fatalf("%d prints", n)
	}
	for i := range trail[1:] {
		if trail[i].End() > trail[i+1].Offset {
			t.Errorf("%+v stands before %+v", trail[i], trail[i+1])
		}
	}
	if have := trail.UpTo(1 << 40); have.Offset != 99_990 {
		t.Errorf("the newest: %+v", have)
	}
	if have := trail.UpTo(99_990); have.Offset != 99_980 {
		t.Errorf("the one before: %+v", have)
	}
	if have := trail.UpTo(50_000); have.Len == 0 || have.End() > 50_000 || have.Offset < 1000 {
		t.Errorf("half way: %+v", have)
	}
	if have := trail.UpTo(3); have.Len != 0 {
		t.Errorf("before all: %+v", have)
	}
	if have := trail.Last(3); len(have) != 3 || have[2].Offset != 99_990 {
		t.Errorf("the last 3: %+v", have)
	}
}
