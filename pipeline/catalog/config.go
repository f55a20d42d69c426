package catalog

import (
	"errors"
	"fmt"
	"time"

	"foghorn/pipeline/templates"
)

// Config says how templates are mined and counted.
type Config struct {
	// Miner bounds the miner of each partition.
	Miner templates.Config
	// Interval is how often counts are written. New templates are written at once.
	// Default 5 s.
	Interval time.Duration
	// Span is the grain of counts in event time, a divisor of an hour. Default 5 minutes.
	Span time.Duration
	// Fine is how long counts keep that grain; older ones are of hours. Default 24 h.
	Fine time.Duration
	// Spans is how many spans a partition keeps apart; what was before them is counted
	// together. Default 1,008: 30 days of hours, and a day in spans of 5 minutes.
	Spans int
	// MaxServices is how many services are counted apart in one span of a partition; the
	// others are counted together, as lines without a service. Default 200.
	MaxServices int
	// MaxTemplates is how many templates a Board holds. Default 100,000.
	MaxTemplates int
	// Variables is how many variables of a line become fields of its event, var.1, var.2 and
	// so on, in the order of the template's wildcards. Default 16; 0 makes none: they can
	// be found from the line and its template. Over the lines of 16 systems, 16 variables
	// take 13 % of the index's size and 16 % of that of the events (BenchmarkStage), and a
	// tenth of the time to index.
	Variables int
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Miner: templates.DefaultConfig(), Interval: 5 * time.Second, Span: 5 * time.Minute, Fine: 24 * time.Hour,
		Spans: 30*24 + 24*12, MaxServices: 200, MaxTemplates: 100_000, Variables: 16,
	}
}

// Validate reports every fault at once.
func (c *Config) Validate() error {
	faults := []error{c.Miner.Validate()}
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(c.Interval <= 0, "interval: expected more than 0, found %v", c.Interval)
	fault(c.Span < time.Second || c.Span > time.Hour || time.Hour%max(c.Span, 1) != 0, "span: expected a divisor of an hour, found %v", c.Span)
	fault(c.Fine < time.Hour, "fine: expected 1h or more, found %v", c.Fine)
	fault(c.Spans < 1, "spans: expected 1 or more, found %d", c.Spans)
	fault(c.MaxServices < 1, "max_services: expected 1 or more, found %d", c.MaxServices)
	fault(c.MaxTemplates < c.Miner.MaxTemplates, "max_templates: expected the miner's %d or more, found %d", c.Miner.MaxTemplates, c.MaxTemplates)
	fault(c.Variables < 0 || c.Variables > 64, "variables: expected 0 to 64, found %d", c.Variables)
	return errors.Join(faults...)
}
