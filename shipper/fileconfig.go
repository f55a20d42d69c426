package shipper

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"foghorn/shipper/discover"
	"foghorn/shipper/labels"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
)

// FileConfig is what some of the files are shipped with. The first FileConfig that a path
// matches decides; a rotated file has the settings of the path that it was written under.
type FileConfig struct {
	// Paths are the files, as in Config.Paths.
	Paths []string `yaml:"paths"`
	// Exclude are patterns of files that these settings are not for: another FileConfig,
	// or Config.Paths, may match them.
	Exclude []string `yaml:"exclude"`
	// Labels go with every line, before Config.Labels of the same name.
	Labels map[string]string `yaml:"labels"`
	// PathLabels is a regular expression (RE2); what its named groups match in a file's path
	// become labels: /srv/(?P<service>[^/]+)/(?P<env>[^/]+)/
	PathLabels string `yaml:"path_labels"`
	// Multiline says which lines are one event. Default: Config.Multiline.
	Multiline *multiline.Config `yaml:"multiline"`
	// Redact are rules for these files, applied behind those of Config.Redact.
	Redact []redact.Rule `yaml:"redact"`
	// Format is the name of the lines' format, Zone the IANA time zone of times that tell
	// none. Default: the parser finds out.
	Format string `yaml:"format"`
	Zone   string `yaml:"zone"`
	// Rate bounds how fast each of these files is read. Default: no bound.
	Rate RateConfig `yaml:"rate"`
}

var formatName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Validate reports all that is wrong, each fault with the key that it is about.
func (f *FileConfig) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(f.Paths) == 0 {
		bad("paths: want at least one path or pattern")
	}
	for i, p := range f.Paths {
		if err := discover.Check(p); err != nil {
			bad("paths[%d]: %w", i, err)
		}
	}
	for i, p := range f.Exclude {
		if err := discover.CheckExclude(p); err != nil {
			bad("exclude[%d]: %w", i, err)
		}
	}
	errs = append(errs, where("labels: ", labels.Check(f.Labels)))
	if f.PathLabels != "" {
		errs = append(errs, where("path_labels: ", labels.CheckPath(f.PathLabels)))
	}
	if f.Multiline != nil {
		errs = append(errs, where("multiline.", f.Multiline.Validate()))
	}
	for i := range f.Redact {
		errs = append(errs, where(fmt.Sprintf("redact[%d].", i), f.Redact[i].Validate()))
	}
	if f.Format != "" && !formatName.MatchString(f.Format) {
		bad("format: want letters, digits and _.-, have %q", f.Format)
	}
	if _, err := time.LoadLocation(f.Zone); err != nil {
		bad("zone: want an IANA time zone such as Europe/Berlin, have %q", f.Zone)
	}
	errs = append(errs, where("rate.", f.Rate.Validate()))
	return errors.Join(errs...)
}
