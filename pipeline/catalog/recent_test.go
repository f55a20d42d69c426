package catalog

import "testing"

// What changed after a version is told, or that it is not known any more.
func TestRecent(t *testing.T) {
	var r recent
	if list, all := r.since(0); len(list) > 0 || all {
		t.Errorf("of nothing: %v, %v", list, all)
	}
	const last = 5 * maxRecent
	for v := range int64(last) {
		r.add("a", v+1)
		if v%2 == 0 {
			r.add("b", v+1)
		}
	}
	for _, test := range []struct {
		name    string
		version int64
		want    int
		all     bool
	}{
		{"all is seen", last, 0, false},
		{"the last one", last - 1, 1, false},
		{"the last three", last - 3, 4, false},
		{"as many as are remembered", last - maxRecent/2, maxRecent / 2 * 3 / 2, false},
		{"from the beginning", 0, -1, true},
	} {
		list, all := r.since(test.version)
		if all != test.all || test.want >= 0 && len(list) != test.want {
			t.Errorf("%s: %d changes, %v; want %d, %v", test.name, len(list), all, test.want, test.all)
		}
		for _, c := range list {
			if c.version <= test.version {
				t.Fatalf("%s: a change of version %d", test.name, c.version)
			}
		}
	}
	if len(r.list) > 2*maxRecent {
		t.Errorf("%d changes are kept", len(r.list))
	}
}
