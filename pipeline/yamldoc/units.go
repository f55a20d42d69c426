package yamldoc

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Duration is a time.Duration that is written as Go writes it ("1m30s"), and also in
// days ("30d").
type Duration time.Duration

// UnmarshalText reads a duration; it has to be zero or more.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the duration as Go does, without zero parts at the end.
func (d Duration) MarshalText() ([]byte, error) {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return []byte(s), nil
}

// ParseDuration reads "90s", "1h30m", "7d" or "2w".
func ParseDuration(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(s, suffix); ok {
			if v, err := strconv.ParseFloat(n, 64); err == nil && v >= 0 && v < 36500 {
				return time.Duration(v * float64(unit)), nil
			}
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return 0, fmt.Errorf(`expected a duration such as "30s", "5m" or "7d", found %q`, s)
	}
	return v, nil
}

// Bytes is a size in bytes, written with a unit ("64MB", "1GiB").
type Bytes int64

// UnmarshalText reads a size.
func (b *Bytes) UnmarshalText(text []byte) error {
	v, err := humanize.ParseBytes(string(text))
	if err != nil || v > 1<<62 {
		return fmt.Errorf(`expected a size such as "64MB" or "1GiB", found %q`, text)
	}
	*b = Bytes(v)
	return nil
}

// MarshalText writes the size in the largest unit that divides it.
func (b Bytes) MarshalText() ([]byte, error) {
	n, units := int64(b), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; i < len(units)-1 && n != 0 && n%1024 == 0; i++ {
		n /= 1024
	}
	if i == 0 {
		units = []string{"B", "kB", "MB", "GB", "TB"}
		for ; i < len(units)-1 && n != 0 && n%1000 == 0; i++ {
			n /= 1000
		}
	}
	return []byte(strconv.FormatInt(n, 10) + units[i]), nil
}
