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
	"foghorn/rules"
	"foghorn/rules/file"
)

// exitFailure is the exit code of rules commands that found something wrong with rules;
// files that cannot be read and wrong usage are ops.ExitError.
const exitFailure = 1

// Command returns `foghorn rules`: what a rule author needs before a rule goes live.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Check and test rule files before they go live",
		Long: `Check and test rule files before they go live.

Exit codes: 0 all well, 1 faults or failed tests, 2 files that cannot be read, wrong usage.`,
	}
	cmd.AddCommand(rulesCheckCommand(), rulesTestCommand())
	return cmd
}

func rulesCheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Say what is wrong with rule files, with file, line and column",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out := cmd.OutOrStdout()
			list, err := loadRules(out, asJSON, paths)
			if err != nil {
				return err
			}
			if asJSON {
				return nil // one object a fault, and there is none
			}
			tests := 0
			for _, r := range list {
				tests += len(r.Tests)
			}
			_, err = fmt.Fprintf(out, "%d rules with %d tests: no faults\n", len(list), tests)
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
		Short: "Run the tests that stand in rule files",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out := cmd.OutOrStdout()
			list, err := loadRules(out, asJSON, paths)
			if err != nil {
				return err
			}
			return testRules(out, list, asJSON, verbose)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object for each test")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "name the tests that passed as well")
	return cmd
}

// loadRules reads rules and writes their faults, in which case the error is exitFailure.
func loadRules(out io.Writer, asJSON bool, paths []string) ([]*rules.Rule, error) {
	list, err := file.Load(paths...)
	var faults yamldoc.Faults
	if !errors.As(err, &faults) {
		return list, err
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

// testRules runs the tests of the rules; the error is exitFailure when one failed.
func testRules(out io.Writer, list []*rules.Rule, asJSON, verbose bool) error {
	passed, failed, untested := 0, 0, 0
	for _, r := range list {
		if len(r.Tests) == 0 {
			untested++
		}
		results, err := Run(r)
		if err != nil {
			return err
		}
		for i := range results {
			if results[i].Passed() {
				passed++
			} else {
				failed++
			}
			if err := writeResult(out, &results[i], asJSON, verbose); err != nil {
				return err
			}
		}
	}
	if !asJSON {
		if _, err := fmt.Fprintf(out, "%d tests passed, %d failed; %d of %d rules have no test\n", passed, failed, untested, len(list)); err != nil {
			return err
		}
	}
	if failed > 0 {
		return ops.ExitCode(exitFailure)
	}
	return nil
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
	place := fmt.Sprintf("%s:%d:%d: %s: %s", res.Test.File, res.Test.Line, res.Test.Column, res.Rule.ID, res.Test.Name)
	if res.Passed() {
		if !verbose {
			return nil
		}
		_, err := fmt.Fprintf(out, "%s: passed\n", place)
		return err
	}
	for _, f := range res.Faults {
		if _, err := fmt.Fprintf(out, "%s: %s\n", place, f); err != nil {
			return err
		}
	}
	return nil
}
