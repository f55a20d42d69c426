package file

import (
	"errors"
	"strings"
	"unicode/utf8"

	"foghorn/pipeline/pattern"
	"foghorn/rules"
)

// maxExtracts is how many patterns a rule can have.
const maxExtracts = 16

// extract compiles the patterns of a rule, one a line. It returns those that patterns of
// one's own are part of, as they are when all names are replaced.
func (p *parser) extract(path, text string, r *rules.Rule) (own []string) {
	start := 1 // the character at which the line begins
	for line := range strings.SplitSeq(text, "\n") {
		source := strings.TrimSpace(line)
		if source != "" {
			at := start + utf8.RuneCountInString(line[:strings.Index(line, source)])
			x, err := compileExtract(p.grok, source)
			if err != nil {
				p.failInside(path, text, at+err.Column-1, err.Message)
			} else {
				r.Extract = append(r.Extract, rules.Extract{Source: source, RE: x.RE, Names: x.Names})
			}
			if err == nil && x.Own {
				own = append(own, x.RE.String())
			}
		}
		start += utf8.RuneCountInString(line) + 1
	}
	if len(r.Extract) > maxExtracts {
		p.fail(path, "expected at most %d patterns", maxExtracts)
	}
	return own
}

// compileExtract compiles a grok pattern that has to capture something. The types that it
// may name have no meaning here: the fields of a group are text.
func compileExtract(grok *pattern.Grok, source string) (*pattern.Expression, *pattern.Error) {
	x, err := grok.Compile(source)
	var at *pattern.Error
	switch {
	case errors.As(err, &at):
		return nil, at
	case err != nil:
		return nil, &pattern.Error{Column: 1, Message: err.Error()}
	case len(x.Names) < 2:
		return nil, &pattern.Error{Column: 1, Message: "expected a named capture, such as %{IP:client.address} or (?P<user>\\w+)"}
	}
	return x, nil
}
