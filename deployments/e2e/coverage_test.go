//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// coverage is what /api/v1/coverage says, as far as the runs look at it.
type coverage struct {
	Complete   bool  `json:"complete"`
	LagRecords int64 `json:"lag_records"`
	Lines      int64 `json:"lines"`
	Sources    []struct {
		Path    string `json:"path"`
		Lines   int64  `json:"lines"`
		Missing int64  `json:"missing"`
	} `json:"sources"`
	Gaps    []json.RawMessage `json:"gaps"`
	Damaged []json.RawMessage `json:"damaged"`
}

func readCoverage(ctx context.Context, server string) (c coverage, err error) {
	body, err := get(ctx, server+"/api/v1/coverage")
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(body, &c)
}

// whole returns nil when every line of every file is indexed exactly once, and else what
// is wrong. want has the number of lines by file name.
func (c *coverage) whole(want map[string]int) error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	have := map[string]int64{}
	for _, s := range c.Sources {
		have[filepath.Base(s.Path)] += s.Lines
		if s.Missing != 0 {
			say("%s misses %d bytes", s.Path, s.Missing)
		}
	}
	total := 0
	for name, n := range want {
		total += n
		if have[name] != int64(n) {
			say("%s: want %d lines, have %d", name, n, have[name])
		}
		delete(have, name)
	}
	for name, n := range have {
		say("%s: %d lines of a file that nobody wrote", name, n)
	}
	if c.Lines != int64(total) {
		say("all: want %d lines, have %d", total, c.Lines)
	}
	if c.LagRecords != 0 || !c.Complete {
		say("complete: %t, lag: %d records", c.Complete, c.LagRecords)
	}
	for _, g := range append(c.Gaps, c.Damaged...) {
		say("gap or damage: %s", g)
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}
