package file

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/elastic/go-grok/patterns"

	"foghorn/rules"
)

// grokSets are the known patterns, in the order in which a name is looked for.
func grokSets() []map[string]string {
	return []map[string]string{
		patterns.Default, patterns.Syslog, patterns.Httpd, patterns.Java, patterns.AWS, patterns.Bind9, patterns.Bro,
		patterns.Exim, patterns.HAProxy, patterns.Firewalls, patterns.Junos, patterns.Maven, patterns.MCollective,
		patterns.MongoDB, patterns.PostgreSQL, patterns.Rails, patterns.Redis, patterns.Ruby, patterns.Squid,
	}
}

// grokUse is %{NAME}, %{NAME:field} or %{NAME:field:type}; the type has no meaning here, as
// fields are text.
var grokUse = regexp.MustCompile(`%\{(\w+)(?::([\w.@-]+))?(?::\w+)?\}`)

// Bounds of an expanded pattern.
const (
	maxPattern   = 64 << 10
	maxPatterns  = 16
	maxGrokDepth = 20
)

// extract compiles the patterns of a rule, one a line.
func (p *parser) extract(path, text string, r *rules.Rule) {
	start := 1 // the character at which the line begins
	for _, line := range strings.Split(text, "\n") {
		source := strings.TrimSpace(line)
		if source != "" {
			x, err := compileExtract(source)
			switch {
			case err != nil:
				p.failInside(path, text, start+strings.Index(line, source), err.Error())
			case len(r.Extract) == maxPatterns:
				p.fail(path, "expected at most %d patterns", maxPatterns)
			}
			r.Extract = append(r.Extract, x)
		}
		start += len([]rune(line)) + 1
	}
}

// compileExtract expands a grok pattern to a regular expression. Only what has a name is
// captured; a name can hold dots, which a regular expression's group cannot.
func compileExtract(source string) (rules.Extract, error) {
	g := &grok{sets: grokSets()}
	expanded, err := g.expand(source, 0)
	if err != nil {
		return rules.Extract{}, err
	}
	re, err := regexp.Compile(expanded)
	if err != nil {
		return rules.Extract{}, fmt.Errorf("expected a grok pattern or regular expression (RE2): %w", err)
	}
	x := rules.Extract{Source: source, RE: re, Names: make([]string, re.NumSubexp()+1)}
	named := false
	for i, name := range re.SubexpNames() {
		if field, ok := g.fields[name]; ok {
			name = field
		}
		x.Names[i] = name
		named = named || name != ""
	}
	if !named {
		return x, errors.New("expected a named capture, such as %{IP:client.address} or (?P<user>\\w+)")
	}
	return x, nil
}

// grok is one expansion.
type grok struct {
	sets   []map[string]string
	fields map[string]string // by group name
	size   int
}

func (g *grok) expand(pattern string, depth int) (string, error) {
	if g.size += len(pattern); depth > maxGrokDepth || g.size > maxPattern {
		return "", errors.New("the pattern expands to too much")
	}
	var out strings.Builder
	for {
		at := grokUse.FindStringSubmatchIndex(pattern)
		if at == nil {
			if i := strings.Index(pattern, "%{"); i >= 0 {
				return "", fmt.Errorf("expected %%{PATTERN} or %%{PATTERN:field}, found %q", clip(pattern[i:]))
			}
			out.WriteString(pattern)
			return out.String(), nil
		}
		out.WriteString(pattern[:at[0]])
		name := pattern[at[2]:at[3]]
		definition, ok := g.lookup(name)
		if !ok {
			return "", fmt.Errorf("unknown grok pattern %q", name)
		}
		inner, err := g.expand(definition, depth+1)
		if err != nil {
			return "", err
		}
		if at[4] >= 0 {
			out.WriteString("(?P<" + g.group(pattern[at[4]:at[5]]) + ">" + inner + ")")
		} else {
			out.WriteString("(?:" + inner + ")")
		}
		pattern = pattern[at[1]:]
	}
}

func (g *grok) lookup(name string) (string, bool) {
	for _, set := range g.sets {
		if d, ok := set[name]; ok {
			return d, true
		}
	}
	return "", false
}

// group returns the name of a new capture group for a field.
func (g *grok) group(field string) string {
	if g.fields == nil {
		g.fields = make(map[string]string)
	}
	name := fmt.Sprintf("grok_%d", len(g.fields))
	g.fields[name] = field
	return name
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
