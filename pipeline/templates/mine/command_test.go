package mine

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

func execute(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := Command()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out, errOut bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	cmd.SetArgs(append([]string{"mine"}, args...))
	err = cmd.ExecuteContext(context.Background())
	return out.String(), errOut.String(), err
}

func TestX(t *testing.T) {
	if p := os.Getenv("X"); p != "" {
		o, e, err := execute(t, "", strings.Fields(p)...)
		os.Stdout.WriteString(o)
		t.Log(e, err)
	}
}
