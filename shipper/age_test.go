package shipper

import (
	"testing"
	"time"
)

func TestAgeOfTheOldestByteThatIsNotAcknowledged(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var a ages
	if have := a.since(0); !have.IsZero() {
		t.Errorf("nothing there: %v", have)
	}
	a.grew(10, at(1))
	a.grew(10, at(2))
	a.grew(20, at(3))
	for _, c := range []struct {
		name   string
		offset int64
		want   time.Time
	}{
		{"the first byte", 0, at(1)},
		{"the last of the first", 9, at(1)},
		{"behind it", 10, at(3)},
		{"all acknowledged", 20, time.Time{}},
	} {
		if have := a.since(c.offset); !have.Equal(c.want) {
			t.Errorf("%s: want %v, have %v", c.name, c.want, have)
		}
	}
	for i := range 10_000 {
		a.grew(int64(i+1)*100, at(i))
	}
	if n := len(a.grown); n > maxGrowths {
		t.Errorf("%d growths are remembered", n)
	}
	if have := a.since(500_000); have.After(at(5000)) {
		t.Errorf("byte that came at %v counts from %v", at(5000), have)
	}
	if have := a.since(999_999); have.Before(at(5000)) {
		t.Errorf("the newest byte counts from %v", have)
	}
}
