package e2e

import (
	"fmt"
	"regexp"
	"sort"
	"time"
)

// Episode is a time during which one address failed to log in too often.
type Episode struct {
	Address string
	// Started is the second of the line that made the count reach the threshold.
	Started time.Time
	// Ended is the first second at which the count was below it again for good.
	Ended time.Time
}

// String names the episode.
func (e Episode) String() string {
	return fmt.Sprintf("%s %s..%s", e.Address, e.Started.Format(time.RFC3339), e.Ended.Format(time.RFC3339))
}

// BruteForce finds the episodes in sshd's log by trying every second: from the first
// second at which at least count lines that pattern matches (its first group is the
// address) lie within the window that ends there, until there were fewer for longer than
// keep. The lines' times have no year; now gives it, as they cannot be from the future.
func BruteForce(lines [][]byte, pattern *regexp.Regexp, count int, window, keep time.Duration, now time.Time) ([]Episode, error) {
	seconds := map[string]map[int64]int{}
	for _, line := range lines {
		m := pattern.FindSubmatch(line)
		if m == nil {
			continue
		}
		t, err := time.Parse(time.Stamp, string(line[:len(time.Stamp)]))
		if err != nil {
			return nil, fmt.Errorf("time of %q: %w", line, err)
		}
		year := now.UTC().Year()
		if at := t.AddDate(year, 0, 0); at.After(now.Add(24 * time.Hour)) {
			year--
		}
		address, at := string(m[1]), t.AddDate(year, 0, 0).Unix()
		if seconds[address] == nil {
			seconds[address] = map[int64]int{}
		}
		seconds[address][at]++
	}
	var out []Episode
	for address, hits := range seconds {
		first, last := int64(1<<62), int64(0)
		for s := range hits {
			first, last = min(first, s), max(last, s)
		}
		var open *Episode
		var falseSince int64
		for s := first; s <= last+int64((window+keep)/time.Second)+2; s++ {
			n := 0
			for back := range int64(window / time.Second) {
				n += hits[s-back]
			}
			switch {
			case n >= count && open == nil:
				open, falseSince = &Episode{Address: address, Started: time.Unix(s, 0).UTC()}, 0
			case n >= count:
				falseSince = 0
			case open != nil && falseSince == 0:
				falseSince = s
			}
			if open != nil && falseSince != 0 && s-falseSince >= int64(keep/time.Second) {
				open.Ended = time.Unix(falseSince, 0).UTC()
				out = append(out, *open)
				open = nil
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out, nil
}
