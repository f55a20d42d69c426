package config

import (
	"fmt"
	"time"

	"foghorn/indexer/store"
	"foghorn/pipeline/query"
	"foghorn/pipeline/yamldoc"
)

// IndexConfig is the role index: the store, its retention, and the search API.
type IndexConfig struct {
	Listen     string           `yaml:"listen"`
	Retention  RetentionConfig  `yaml:"retention"`
	SealAge    yamldoc.Duration `yaml:"seal_age"` // how long lines stay in memory at most
	Timeout    yamldoc.Duration `yaml:"timeout"`  // of one search, before it returns a cursor
	Concurrent int              `yaml:"concurrent"`
}

// RetentionConfig bounds what is kept. Zero is unbounded.
type RetentionConfig struct {
	Age  yamldoc.Duration `yaml:"age"`
	Size yamldoc.Bytes    `yaml:"size"`
	Keep []KeepConfig     `yaml:"keep"` // which lines outlive age
}

// KeepConfig keeps the lines of events that match a query until they are of an age of their
// own, which is more than that of all; 0 is unbounded.
type KeepConfig struct {
	Query string           `yaml:"query"`
	Age   yamldoc.Duration `yaml:"age"`
}

// Store returns the settings of package store, of a configuration that was checked.
func (c *RetentionConfig) Store() (store.Retention, error) {
	r := store.Retention{RetainAge: time.Duration(c.Age), RetainBytes: int64(c.Size)}
	for _, k := range c.Keep {
		n, err := query.Parse(k.Query)
		if err != nil {
			return r, fmt.Errorf("index.retention.keep: %q: %w", k.Query, err)
		}
		r.RetainKeep = append(r.RetainKeep, store.KeepRule{Query: n, Age: time.Duration(k.Age)})
	}
	return r, nil
}

func (c *IndexConfig) check(bad func(path, format string, args ...any)) {
	within(bad, "index.seal_age", int64(c.SealAge), int64(time.Second), int64(12*time.Hour))
	within(bad, "index.timeout", int64(c.Timeout), int64(10*time.Millisecond), int64(time.Hour))
	within(bad, "index.concurrent", int64(c.Concurrent), 1, 1024)
	address(bad, "index.listen", c.Listen)
	if len(c.Retention.Keep) > 0 && c.Retention.Age == 0 {
		bad("index.retention.keep", "expected index.retention.age with it: without, all lines are kept")
	}
	for i, k := range c.Retention.Keep {
		at := fmt.Sprintf("index.retention.keep[%d]", i)
		if n, err := query.Parse(k.Query); err != nil {
			bad(at+".query", "%v", err)
		} else if _, all := n.(query.All); all {
			bad(at+".query", "expected a query that chooses lines, found %q; index.retention.age is for all", k.Query)
		}
		if k.Age != 0 && k.Age <= c.Retention.Age {
			bad(at+".age", "expected more than index.retention.age, %s (or 0, without bound), found %s", inDays(c.Retention.Age), inDays(k.Age))
		}
	}
}

// inDays writes whole days as a file has them.
func inDays(d yamldoc.Duration) string {
	if day := yamldoc.Duration(24 * time.Hour); d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return time.Duration(d).String()
}
