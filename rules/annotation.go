package rules

import (
	"bytes"
	"errors"
	"text/template"
	"time"
)

// Annotation is a text/template over AnnotationData.
type Annotation struct {
	Name     string
	Template *template.Template
}

// AnnotationData is what an annotation can show.
type AnnotationData struct {
	Rule, Title, Severity string
	Count                 int64
	Value                 float64
	Window, Threshold     string
	Group                 map[string]string
	Hosts, Services       []string
	Started               time.Time
	FirstSeen, LastSeen   time.Time
	// Line is the first sample line.
	Line string
}

// MaxAnnotation bounds a filled-in annotation, in bytes; what is longer is cut.
const MaxAnnotation = 4 << 10

// Render fills the template in. The text is cut at MaxAnnotation; an error tells why the
// template could not be filled, and comes with what was written until then.
func (a *Annotation) Render(data *AnnotationData) (string, error) {
	var out bounded
	err := a.Template.Execute(&out, data)
	if errors.Is(err, errFull) {
		err = nil
	}
	return out.String(), err
}

var errFull = errors.New("annotation is full")

// bounded takes MaxAnnotation bytes and then ends the execution.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := MaxAnnotation - b.Len(); len(p) > room {
		b.Buffer.Write(p[:max(room, 0)])
		return 0, errFull
	}
	return b.Buffer.Write(p)
}
