package templates

import (
	"errors"
	"fmt"
)

// Config bounds a Miner.
type Config struct {
	// MaxTemplates is how many templates a miner keeps; beyond it the rarest go.
	MaxTemplates int
	// MaxTokens is how many tokens of a message are looked at; the rest is one variable.
	MaxTokens int
	// MaxCache is how many skeletons a miner remembers beside its templates, each for a
	// message that fits a template in which words are variable. It bounds memory and
	// changes no result.
	MaxCache int
}

// DefaultConfig is for one processor: 20,000 templates, 200 tokens, 32,768 skeletons.
func DefaultConfig() Config {
	return Config{MaxTemplates: 20_000, MaxTokens: 200, MaxCache: 32_768}
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var faults []error
	check := func(name string, value, least, most int) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s is %d: expected %d to %d", name, value, least, most))
		}
	}
	check("max templates", c.MaxTemplates, 16, 10_000_000)
	check("max tokens", c.MaxTokens, 4, 10_000)
	check("max cache", c.MaxCache, 1, 10_000_000)
	return errors.Join(faults...)
}
