package store

import (
	"testing"

	"pgregory.net/rapid"

	"foghorn/pipeline/query"
)

// TestAppendCanonicalIsCanonical: values that a query calls equal have one key.
func TestAppendCanonicalIsCanonical(t *testing.T) {
	check := func(t interface {
		Errorf(string, ...any)
	}, value string,
	) {
		if got, want := string(appendCanonical([]byte("x"), value)), "x"+query.Canonical(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	for _, v := range []string{
		"0", "00", "007", "7", "+7", "-7", "-0", "7.0", ".5", "5.", "1e3", "1E3", "e3", "1.2.3", "10.0.0.1", "+", "-", ".",
		"999999999999999999", "1000000000000000000", "9223372036854775808", "99999999999999999999", "2026-03-01", "1-2",
		"É1", "ABC", "12ms", "0x1F", "1_000", "NaN", "Inf", "+Inf", "1e999", "\xff1",
	} {
		check(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringOfN(rapid.SampledFrom([]rune("0159.+-eEaZé")), 1, 22, -1).Draw(t, "value"))
	})
}
