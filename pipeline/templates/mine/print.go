package mine

import (
	"bufio"
	"encoding/json"
	"fmt"

	"foghorn/pipeline/templates"
)

// printer writes what was found, as text or as JSON lines.
type printer struct {
	out  *bufio.Writer
	json bool
	enc  *json.Encoder
}

type templateObject struct {
	ID       string `json:"template_id"`
	Template string `json:"template"`
	Count    int64  `json:"count"`
}

type lineObject struct {
	N         int64    `json:"n"`
	Line      string   `json:"line"`
	ID        string   `json:"template_id"`
	Template  string   `json:"template"`
	Variables []string `json:"variables"`
}

func (p *printer) object(v any) error {
	if p.enc == nil {
		p.enc = json.NewEncoder(p.out)
		p.enc.SetEscapeHTML(false)
	}
	return p.enc.Encode(v)
}

func (p *printer) template(t templates.Template) error {
	if p.json {
		return p.object(templateObject{t.ID, t.Text, t.Count})
	}
	_, err := fmt.Fprintf(p.out, "%8d  %s  %s\n", t.Count, t.ID, t.Text)
	return err
}

func (p *printer) line(n int64, line, message []byte, t templates.Template, variables []templates.Span) error {
	if !p.json {
		_, err := fmt.Fprintf(p.out, "%s\t%s\t%s\n", t.ID, t.Text, line)
		return err
	}
	o := lineObject{N: n, Line: string(line), ID: t.ID, Template: t.Text, Variables: make([]string, len(variables))}
	for i, v := range variables {
		o.Variables[i] = string(message[v.Start:v.End])
	}
	return p.object(o)
}
