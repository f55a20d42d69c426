package labels

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"foghorn/pipeline"
)

// Config says which labels files get.
type Config struct {
	// Labels are set for the files.
	Labels map[string]string
	// PathLabels is a regular expression (RE2) whose named groups become labels where it
	// matches a file's path: /srv/(?P<service>[^/]+)/(?P<env>[^/]+)/. A group that matches
	// nothing, or what no label can be (see Check), sets none.
	PathLabels string
	// Base are set for all files that have no others of the same name.
	Base map[string]string
}

// maxValue bounds a value.
const maxValue = 1 << 10

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// CheckName says whether a label can have this name: letters, digits and _.- with no digit
// first. Names that begin with foghorn. are the program's own.
func CheckName(s string) error {
	switch {
	case !name.MatchString(s):
		return fmt.Errorf("label name: want letters, digits and _.-, no digit first, have %q", s)
	case strings.HasPrefix(s, "foghorn."):
		return fmt.Errorf("label name: %q: names that begin with foghorn. are reserved", s)
	}
	return nil
}

// Check reports all that is wrong with labels of a configuration.
func Check(set map[string]string) error {
	var errs []error
	for _, k := range slices.Sorted(maps.Keys(set)) {
		if err := CheckName(k); err != nil {
			errs = append(errs, err)
		}
		if !possible(set[k]) {
			errs = append(errs, fmt.Errorf("label %s: want at most %d bytes and no line feed", k, maxValue))
		}
	}
	return errors.Join(errs...)
}

// possible says whether a label can have this value.
func possible(value string) bool {
	return len(value) <= maxValue && !strings.ContainsAny(value, "\n\x00")
}

// CheckPath reports all that is wrong with a pattern for Config.PathLabels.
func CheckPath(expr string) error {
	_, err := compile(expr)
	return err
}

func compile(expr string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	var errs []error
	groups := map[string]bool{}
	for _, g := range re.SubexpNames() {
		if g == "" {
			continue
		}
		if err := CheckName(g); err != nil {
			errs = append(errs, err)
		}
		groups[g] = true
	}
	if len(groups) == 0 {
		errs = append(errs, fmt.Errorf("pattern %q: want a named group such as (?P<service>[^/]+)", expr))
	}
	return re, errors.Join(errs...)
}

// Labels gives the labels of files. It may be used by any number of goroutines at once.
type Labels struct {
	own, base map[string]string
	path      *regexp.Regexp // nil: none
}

// New returns Labels, or all that is wrong with the configuration.
func New(cfg Config) (*Labels, error) {
	l := &Labels{own: maps.Clone(cfg.Labels), base: maps.Clone(cfg.Base)}
	errs := []error{Check(cfg.Labels), Check(cfg.Base)}
	if cfg.PathLabels != "" {
		var err error
		if l.path, err = compile(cfg.PathLabels); err != nil {
			errs = append(errs, fmt.Errorf("path labels: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l, nil
}

// For returns the labels of the file at path. It may read the description of a Docker
// container beside it.
func (l *Labels) For(path string) []pipeline.Attr {
	set := map[string]string{}
	add(set, container(path))
	add(set, l.base)
	add(set, l.fromPath(path))
	add(set, l.own)
	out := make([]pipeline.Attr, 0, len(set))
	for _, k := range slices.Sorted(maps.Keys(set)) {
		out = append(out, pipeline.Attr{Key: k, Value: set[k]})
	}
	return out
}

// add puts labels into set. service and service.name are one name: the newer one stays.
func add(set, labels map[string]string) {
	for k, v := range labels {
		if k == "service" || k == "service.name" {
			delete(set, "service")
			delete(set, "service.name")
		}
		set[k] = v
	}
}

func (l *Labels) fromPath(path string) map[string]string {
	if l.path == nil {
		return nil
	}
	m := l.path.FindStringSubmatch(path)
	if m == nil {
		return nil
	}
	out := map[string]string{}
	for i, g := range l.path.SubexpNames() {
		if v := m[i]; g != "" && v != "" && possible(v) {
			out[g] = v
		}
	}
	return out
}
