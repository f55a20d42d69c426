package mine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// Values of --format that are no format's name.
const (
	formatAuto    = "auto"
	formatMessage = "message"
)

// extractor returns the message in a line, and whether the line has the format asked for.
// The message is valid until the next call.
type extractor func(line []byte) (message []byte, fits bool)

func formatNames() string {
	return strings.Join(parse.Formats(), ", ")
}

// newExtractor reads a value of --format.
func newExtractor(format string) (extractor, error) {
	switch {
	case format == formatMessage:
		return func(line []byte) ([]byte, bool) { return line, true }, nil
	case format == formatAuto:
		return parsed(""), nil
	case slices.Contains(parse.Formats(), format):
		return parsed(format), nil
	}
	re, err := regexp.Compile(format)
	if err != nil {
		return nil, fmt.Errorf("--format %q: is the name of no format (%s), and no regular expression: %w", format, formatNames(), err)
	}
	group := re.SubexpIndex("message")
	if group < 0 {
		return nil, fmt.Errorf("--format %q: expected auto, message, the name of a format (%s), or a regular expression with a group (?P<message>...)", format, formatNames())
	}
	return func(line []byte) ([]byte, bool) {
		m := re.FindSubmatchIndex(line)
		if m == nil || m[2*group] < 0 {
			return line, false
		}
		return line[m[2*group]:m[2*group+1]], true
	}, nil
}

// parsed extracts as the pipeline does.
func parsed(format string) extractor {
	p := parse.New(parse.DefaultConfig())
	var l pipeline.Line
	return func(line []byte) ([]byte, bool) {
		l.Raw, l.Format = line, format
		p.Parse(&l)
		return p.Message(line), !p.Misfit()
	}
}
