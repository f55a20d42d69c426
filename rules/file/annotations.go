package file

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"text/template"
	"time"

	"foghorn/rules"
)

var annotationForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

// templateFault is text/template's form of a fault; the column is there when the template
// could be read but not filled in.
var templateFault = regexp.MustCompile(`^template: [^:]*:(\d+)(?::(\d+))?: (?s:(.*))$`)

// annotations compiles the templates and fills each in once with made-up data: a field
// that does not exist, or is not in group_by, is a fault of the file, not of the first
// anomaly.
func (p *parser) annotations(path string, in map[string]string, r *rules.Rule) {
	names := make([]string, 0, len(in))
	for n := range in {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		at := path + "." + name
		if !annotationForm.MatchString(name) {
			p.fail(at, "expected a name of letters, digits and _, found %q", name)
			continue
		}
		t, err := template.New(name).Option("missingkey=error").Parse(in[name])
		if err != nil {
			p.failTemplate(at, in[name], err)
			continue
		}
		a := rules.Annotation{Name: name, Template: t}
		if _, err := a.Render(example(r)); err != nil {
			p.failTemplate(at, in[name], err)
			continue
		}
		t.Option("missingkey=zero") // an episode may be older than the rule's group_by
		r.Annotations = append(r.Annotations, a)
	}
}

func (p *parser) failTemplate(path, text string, err error) {
	m := templateFault.FindStringSubmatch(err.Error())
	if m == nil {
		p.fail(path, "%v", err)
		return
	}
	line, _ := strconv.Atoi(m[1]) // digits
	column, _ := strconv.Atoi(m[2])
	p.failInside(path, text, characterAt(text, line, column), fmt.Sprintf("expected a template: %s", m[3]))
}

// characterAt returns the character (from 1) of text at a line (from 1) and byte (from 0)
// of it.
func characterAt(text string, line, column int) int {
	n := 1
	for _, c := range text {
		if line <= 1 {
			break
		}
		if c == '\n' {
			line--
		}
		n++
	}
	return n + column
}

// example is data as an anomaly of the rule would have it.
func example(r *rules.Rule) *rules.AnnotationData {
	d := &rules.AnnotationData{
		Rule: r.ID, Title: r.Title, Severity: r.Severity, Count: 10, Value: 10,
		Window: r.Window.String(), Threshold: r.Threshold, Group: make(map[string]string),
		Hosts: []string{"host"}, Services: []string{"service"}, Line: "line",
		Started: time.Unix(0, 0).UTC(), FirstSeen: time.Unix(0, 0).UTC(), LastSeen: time.Unix(0, 0).UTC(),
	}
	for _, f := range r.GroupBy {
		d.Group[f] = "value"
	}
	return d
}
