package shipper

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"foghorn/pipeline"
	"foghorn/shipper/discover"
	"foghorn/shipper/labels"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
)

// entry is a FileConfig, or the configuration of all other files, ready for use.
type entry struct {
	paths, exclude []string
	labels         *labels.Labels
	join           *multiline.Rules // nil: every line is an event
	redact         *redact.Redactor // nil: none
	rate           RateConfig
	format, zone   string
}

// newEntries compiles the configuration. The last entry is that of Config.Paths.
func newEntries(cfg *Config) ([]*entry, error) {
	var out []*entry
	var errs []error
	add := func(f *FileConfig) {
		e, err := newEntry(cfg, f)
		out, errs = append(out, e), append(errs, err)
	}
	for i := range cfg.Files {
		add(&cfg.Files[i])
	}
	add(&FileConfig{Paths: cfg.Paths})
	return out, errors.Join(errs...)
}

func newEntry(cfg *Config, f *FileConfig) (*entry, error) {
	e := &entry{exclude: f.Exclude, rate: f.Rate.fill(), format: f.Format, zone: f.Zone}
	for _, p := range f.Paths {
		e.paths = append(e.paths, filepath.Clean(p))
	}
	join := cfg.Multiline
	if f.Multiline != nil {
		join = *f.Multiline
	}
	var errs [3]error
	e.labels, errs[0] = labels.New(labels.Config{Labels: f.Labels, PathLabels: f.PathLabels, Base: cfg.Labels})
	e.join, errs[1] = multiline.New(join)
	if rules := slices.Concat(cfg.Redact, f.Redact); len(rules) > 0 {
		e.redact, errs[2] = redact.New(rules)
	}
	return e, errors.Join(errs[:]...)
}

func (e *entry) has(path string) bool {
	in := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return discover.Match(p, path) })
	}
	return in(e.paths) && !in(e.exclude)
}

// entry returns the first entry that path matches, or nil.
func (s *Shipper) entry(path string) *entry {
	for _, e := range s.entries {
		if e.has(path) {
			return e
		}
	}
	return nil
}

// chosen drops the files that an entry's patterns name and its exclusions leave out, so
// that no entry is left for them.
func (s *Shipper) chosen(found []discover.Found) []discover.Found {
	if !slices.ContainsFunc(s.entries, func(e *entry) bool { return len(e.exclude) > 0 }) {
		return found
	}
	return slices.DeleteFunc(found, func(f discover.Found) bool { return s.entry(f.Path) == nil })
}

// settings are those of one source.
type settings struct {
	*entry
	key []byte // the source id
	// headers are those that all records of the source have in common.
	headers []pipeline.Header
	limit   *limiter // nil: none
}

// settingsOf returns the settings of the source at path. A path of no entry, as of a file
// that is read once for a backfill, has those of Config.Paths.
func (s *Shipper) settingsOf(path string) *settings {
	e := s.entry(path)
	if e == nil {
		e = s.entries[len(s.entries)-1]
	}
	return &settings{
		entry: e, limit: newLimiter(e.rate), key: []byte(pipeline.SourceID(s.cfg.Host, path)),
		headers: pipeline.CommonHeaders(e.labels.For(path), e.format, e.zone),
	}
}

// where prefixes each of several errors with the place of what they are about.
func where(place string, err error) error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range many.Unwrap() {
			out = append(out, where(place, e))
		}
		return errors.Join(out...)
	}
	return fmt.Errorf("%s%w", place, err)
}
