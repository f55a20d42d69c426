package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"foghorn/pipeline"
	"foghorn/pipeline/ops"
	"foghorn/pipeline/yamldoc"
	"foghorn/rules/file"
)

// exitFailure is the exit code of rules commands that found something wrong with rules;
// files that cannot be read and wrong usage are ops.ExitError.
const exitFailure = 1

// Command returns `foghorn rules`: what a rule author needs before a rule goes live.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Check and test rule and pattern files before they go live",
		Long: `Check and test rule files, and the pattern files in their folders named patterns, before
they go live.

Exit codes: 0 all well, 1 faults or failed tests, 2 files that cannot be read, wrong usage.`,
	}
	cmd.AddCommand(rulesCheckCommand(), rulesTestCommand())
	return cmd
}

func rulesCheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Say what is wrong with rule and pattern files, with file, line and column",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out := cmd.OutOrStdout()
			loaded, err := loadRules(out, asJSON, paths)
			if err != nil {
				return err
			}
			if asJSON {
				return nil // one object a fault, and there is none
			}
			tests := 0
			for _, r := range loaded.Rules {
				tests += len(r.Tests)
			}
			what := fmt.Sprintf("%d rules", len(loaded.Rules))
			if n := len(loaded.Formats); n > 0 {
				what += fmt.Sprintf(" and %d formats", n)
			}
			for _, f := range loaded.Formats {
				tests += len(f.Tests)
			}
			_, err = fmt.Fprintf(out, "%s with %d tests: no faults\n", what, tests)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object for each fault")
	return cmd
}

func rulesTestCommand() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run the tests that stand in rule and pattern files",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out := cmd.OutOrStdout()
			loaded, err := loadRules(out, asJSON, paths)
			if err != nil {
				return err
			}
			return runTests(out, loaded, asJSON, verbose)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object for each test")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "name the tests that passed as well")
	return cmd
}

// loadRules reads rules and writes their faults, in which case the error is exitFailure.
func loadRules(out io.Writer, asJSON bool, paths []string) (*file.Loaded, error) {
	loaded, err := file.Load(paths...)
	var faults yamldoc.Faults
	if !errors.As(err, &faults) {
		return loaded, err
	}
	for _, f := range faults {
		if err := writeFault(out, asJSON, f); err != nil {
			return nil, err
		}
	}
	return nil, ops.ExitCode(exitFailure)
}

func writeFault(out io.Writer, asJSON bool, f yamldoc.Fault) error {
	if !asJSON {
		_, err := fmt.Fprintln(out, f.Error())
		return err
	}
	return json.NewEncoder(out).Encode(struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Path    string `json:"path,omitempty"`
		Message string `json:"message"`
	}{f.File, f.Line, f.Column, f.Path, f.Message})
}

// tally counts tests.
type tally struct{ passed, failed, untested int }

func (t *tally) add(passed bool) {
	if passed {
		t.passed++
	} else {
		t.failed++
	}
}

// runTests runs the tests of formats and rules; the error is exitFailure when one failed.
func runTests(out io.Writer, loaded *file.Loaded, asJSON, verbose bool) error {
	formats, rules := tally{}, tally{}
	for _, f := range loaded.Formats {
		if len(f.Tests) == 0 {
			formats.untested++
		}
		for _, res := range RunFormat(loaded.Patterns, f) {
			formats.add(res.Passed())
			if err := writeFormatResult(out, &res, asJSON, verbose); err != nil {
				return err
			}
		}
	}
	for _, r := range loaded.Rules {
		if len(r.Tests) == 0 {
			rules.untested++
		}
		results, err := run(r, loaded.Patterns)
		if err != nil {
			return err
		}
		for i := range results {
			rules.add(results[i].Passed())
			if err := writeResult(out, &results[i], asJSON, verbose); err != nil {
				return err
			}
		}
	}
	if !asJSON {
		untested := fmt.Sprintf("%d of %d rules", rules.untested, len(loaded.Rules))
		if n := len(loaded.Formats); n > 0 {
			untested += fmt.Sprintf(" and %d of %d formats", formats.untested, n)
		}
		if _, err := fmt.Fprintf(out, "%d tests passed, %d failed; %s have no test\n", rules.passed+formats.passed, rules.failed+formats.failed, untested); err != nil {
			return err
		}
	}
	if rules.failed+formats.failed > 0 {
		return ops.ExitCode(exitFailure)
	}
	return nil
}

func writeFormatResult(out io.Writer, res *FormatResult, asJSON, verbose bool) error {
	t := res.Test
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			File   string            `json:"file"`
			Line   int               `json:"line"`
			Column int               `json:"column"`
			Format string            `json:"format"`
			Test   string            `json:"test"`
			Passed bool              `json:"passed"`
			Faults []string          `json:"faults,omitempty"`
			Fields map[string]string `json:"fields"`
		}{t.File, t.Line, t.Column, res.Format.Name, t.Text, res.Passed(), res.Faults, res.Fields})
	}
	return writeFaults(out, fmt.Sprintf("%s:%d:%d: format %s: %q", t.File, t.Line, t.Column, res.Format.Name, t.Text), res.Faults, verbose)
}

func writeResult(out io.Writer, res *Result, asJSON, verbose bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			File      string             `json:"file"`
			Line      int                `json:"line"`
			Column    int                `json:"column"`
			Rule      string             `json:"rule"`
			Test      string             `json:"test"`
			Passed    bool               `json:"passed"`
			Faults    []string           `json:"faults,omitempty"`
			Anomalies []pipeline.Anomaly `json:"anomalies"`
		}{res.Test.File, res.Test.Line, res.Test.Column, res.Rule.ID, res.Test.Name, res.Passed(), res.Faults, append([]pipeline.Anomaly{}, res.Have...)})
	}
	return writeFaults(out, fmt.Sprintf("%s:%d:%d: %s: %s", res.Test.File, res.Test.Line, res.Test.Column, res.Rule.ID, res.Test.Name), res.Faults, verbose)
}

// writeFaults writes a test's faults, one a line, or that it passed.
func writeFaults(out io.Writer, place string, faults []string, verbose bool) error {
	if len(faults) == 0 && verbose {
		faults = []string{"passed"}
	}
	for _, f := range faults {
		if _, err := fmt.Fprintf(out, "%s: %s\n", place, f); err != nil {
			return err
		}
	}
	return nil
}
