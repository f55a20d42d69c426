package client

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"foghorn/pipeline/catalog"
)

// TemplatesCommand returns `foghorn templates`, which lists templates, and its
// sub-commands, which decide about one.
func TemplatesCommand() *cobra.Command {
	var t Templates
	var server string
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "Show the templates of the lines: how many of which there are, what is new, what changed",
		Long: `Templates shows the mined templates of the lines, the most frequent first: the constant text
that a program wrote, with <*> for what varies. The id is the same on every processor and
stays; "foghorn search template:ID" finds the lines.

Counts are of whole spans: of five minutes for the last day, and of an hour for 30 days with
lines. What was before is counted together.

--diff T1..T2 compares that time with the same length of time before it; --diff
T1..T2,T3..T4 compares two times: templates that are new or gone, and those with five times
as many lines a second or a fifth.

Exit code: 0 when there is a template, 1 when there is none, 2 when something failed.` + timeHelp + serverHelp,
		Example: `  foghorn templates --service sshd --since 1h
  foghorn templates --new --since yesterday
  foghorn templates --diff 1h..now
  foghorn templates --diff '2026-03-01 10:00..2026-03-01 11:00,2026-03-02 10:00..2026-03-02 11:00'
  foghorn templates rename 7b4f2f0a9c1d3e55 'log-ins'
  foghorn templates merge 7b4f2f0a9c1d3e55 19af02b7c6d5e311
  foghorn templates split 7b4f2f0a9c1d3e55 2 down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return ask(cmd, server, t.Run) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&t.Service, "service", "", "only lines of the service `NAME`")
	flags.StringVar(&t.Since, "since", "", "count lines at or after `TIME`")
	flags.StringVar(&t.Until, "until", "", "count lines before `TIME`")
	flags.BoolVar(&t.New, "new", false, "only templates first seen since then (default: within the last hour)")
	flags.StringVar(&t.Diff, "diff", "", "what changed between two times: `T1..T2[,T3..T4]`")
	flags.BoolVar(&t.Muted, "muted", false, "muted templates, too")
	flags.IntVarP(&t.Limit, "limit", "n", 1000, "the first `N`; 0 is no limit")
	flags.BoolVar(&t.JSON, "json", false, "JSON lines")
	addServer(cmd, &server)
	cmd.AddCommand(decisionCommands()...)
	return cmd
}

// decisionCommands are the sub-commands that decide about a template.
func decisionCommands() []*cobra.Command {
	yes, no, none := true, false, ""
	return []*cobra.Command{
		decisionCommand("rename ID [NAME]", "Give a template a name, or take it away", 1, 2, func(d *catalog.Decision, args []string) error {
			d.Name = &none
			if len(args) == 2 {
				d.Name = &args[1]
			}
			return nil
		}),
		decisionCommand("mute ID", "Leave a template out of lists", 1, 1, func(d *catalog.Decision, _ []string) error {
			d.Muted = &yes
			return nil
		}),
		decisionCommand("unmute ID", "Take a template into lists again", 1, 1, func(d *catalog.Decision, _ []string) error {
			d.Muted = &no
			return nil
		}),
		decisionCommand("merge ID INTO", "Count the lines of a template as those of another", 2, 2, func(d *catalog.Decision, args []string) error {
			d.MergeInto = &args[1]
			return nil
		}),
		decisionCommand("unmerge ID", "Count the lines of a template as its own again", 1, 1, func(d *catalog.Decision, _ []string) error {
			d.MergeInto = &none
			return nil
		}),
		decisionCommand("split ID VARIABLE VALUE", "Give the coming lines in which a variable (from 1) has a value a template of their own", 3, 3, func(d *catalog.Decision, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return fmt.Errorf("VARIABLE: expected a number, found %q", args[1])
			}
			d.Split = &catalog.Split{Variable: n, Value: args[2]}
			return nil
		}),
		decisionCommand("unsplit ID SPLIT", "End a split: SPLIT is the id of the template that was split off", 2, 2, func(d *catalog.Decision, args []string) error {
			d.Unsplit = args[1]
			return nil
		}),
	}
}

func decisionCommand(use, short string, least, most int, decide func(*catalog.Decision, []string) error) *cobra.Command {
	var server string
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.RangeArgs(least, most),
		Long: short + ".\n\nIt stays until it is changed. ID is any id that the template's lines have had." + serverHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			d := catalog.Decision{ID: args[0]}
			if err := decide(&d, args); err != nil {
				return fmt.Errorf("templates %s: %w", cmd.Name(), err)
			}
			return ask(cmd, server, func(ctx context.Context, c *Client, out, errOut io.Writer) int {
				row, err := c.Decide(ctx, d)
				if err == nil && asJSON {
					err = printJSON(out, []catalog.Row{row})
				} else if err == nil {
					_, err = fmt.Fprintf(out, "%s  %s\n", visible(row.ID), templateText(&row))
				}
				if err != nil {
					fmt.Fprintf(errOut, "foghorn templates %s: %s\n", cmd.Name(), explain(err))
					return ExitError
				}
				return ExitMatch
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "the template as JSON")
	addServer(cmd, &server)
	return cmd
}
