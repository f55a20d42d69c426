package rules_test

import (
	"strings"
	"testing"
	"text/template"

	"foghorn/rules"
)

func TestRender(t *testing.T) {
	data := &rules.AnnotationData{Count: 3, Group: map[string]string{"host": "a"}}
	tests := []struct {
		name, text, want, fault string
		length                  int
	}{
		{name: "fields", text: `{{ .Count }} on {{ .Group.host }}`, want: "3 on a"},
		{name: "a group field that is not there is empty", text: `<{{ .Group.user }}>`, want: "<>"},
		{name: "what is too long is cut", text: `{{ printf "%9000d" 1 }}`, length: rules.MaxAnnotation},
		{name: "a field that does not exist", text: `a {{ .Nope }}`, want: "a ", fault: "Nope"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tmpl, err := template.New("t").Option("missingkey=zero").Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			a := rules.Annotation{Name: "t", Template: tmpl}
			have, err := a.Render(data)
			if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("have error %v, want %q", err, test.fault)
			}
			if test.length > 0 && len(have) != test.length || test.length == 0 && have != test.want {
				t.Errorf("have %d bytes %.40q, want %q", len(have), have, test.want)
			}
		})
	}
}
