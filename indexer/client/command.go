package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foghorn/indexer/api/when"
	"foghorn/pipeline/ops"
)

// Commands returns the commands that ask a running server. They end with grep's exit
// codes: 0 when something was found, 1 when nothing was, 2 when something failed.
func Commands() []*cobra.Command {
	return []*cobra.Command{grepCommand(), searchCommand(), tailCommand(), contextCommand(), anomaliesCommand()}
}

const serverHelp = `

The server is the one at --server, else in the variable FOGHORN_SERVER, else
` + DefaultServer + `.`

const timeHelp = `

TIME is ` + when.Forms + `.`

// ask runs a client command and hands its exit code to main.
func ask(cmd *cobra.Command, server string, run func(ctx context.Context, c *Client, out, errOut io.Writer) int) error {
	if server == "" {
		server = os.Getenv("FOGHORN_SERVER")
	}
	if server == "" {
		server = DefaultServer
	}
	c, err := New(server)
	if err != nil {
		return err
	}
	defer c.Close()
	if code := run(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr()); code != ExitMatch {
		return ops.ExitCode(code)
	}
	return nil
}

// addServer adds the flag --server, and --help without the letter h, which is grep's.
func addServer(cmd *cobra.Command, server *string) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(server, "server", "", "address of the server, such as "+DefaultServer)
	f.Bool("help", false, "show this help")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var bad *pflag.InvalidValueError
		if errors.As(err, &bad) {
			name := "--" + bad.GetFlag().Name
			if s := bad.GetFlag().Shorthand; s != "" {
				name = "-" + s
			}
			reason := bad.Unwrap()
			if errors.Is(reason, strconv.ErrSyntax) {
				expected := map[string]string{"bool": "true or false", "int": "a whole number"}[bad.GetFlag().Value.Type()]
				reason = fmt.Errorf("expected %s, found %q", expected, bad.GetValue())
			}
			return fmt.Errorf("%s: %s: %w", cmd.Name(), name, reason)
		}
		return fmt.Errorf("%s: %w; see foghorn %s --help", cmd.Name(), err, strings.TrimPrefix(cmd.CommandPath(), "foghorn "))
	})
}

// paint says whether to colour for a value of --color.
func paint(cmd *cobra.Command, when string) (bool, error) {
	color, err := UseColor(when, onTerminal(cmd.OutOrStdout()))
	if err != nil {
		return false, fmt.Errorf("%s: %w", cmd.Name(), err)
	}
	return color, nil
}

func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// progressTo is where progress is shown: standard error, when it is a terminal.
func progressTo(cmd *cobra.Command) io.Writer {
	if w := cmd.ErrOrStderr(); onTerminal(w) {
		return w
	}
	return nil
}

func searchCommand() *cobra.Command {
	var f Find
	var server, color string
	cmd := &cobra.Command{
		Use:   "search [flags] QUERY",
		Short: "Search the logs with the query language, newest lines last",
		Long: `Search shows the newest events that match a query, the oldest of them first. An event of
several lines, such as a stack trace, is found as one and shown with all its lines.

  timeout                      a whole word, any case
  "connection refused"         words in this order, any case
  '0x7f: conn'                 exact bytes, as grep -F
  /time(d )?out/  /x/i         a regular expression (RE2)
  web-*                        a word by wildcard
  level:error  status:>=500  host:web-*  _exists_:trace_id
  a AND (b OR NOT c)

Exit code: 0 when a line was found, 1 when none was, 2 when something failed.` + timeHelp + serverHelp,
		Example: `  foghorn search 'level:error service:video' --since 1h
  foghorn search '"connection refused" -host:test-*' --limit 20 --fields
  foghorn search 'status:>=500' --since yesterday --order oldest --limit 0 --json | jq .line`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			f.Query = strings.Join(args, " ")
			if f.Color, err = paint(cmd, color); err != nil {
				return err
			}
			f.Terminal = onTerminal(cmd.OutOrStdout())
			return ask(cmd, server, func(ctx context.Context, c *Client, out, errOut io.Writer) int {
				return f.Run(ctx, c, out, errOut, progressTo(cmd))
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.Since, "since", "", "only lines at or after `TIME`")
	flags.StringVar(&f.Until, "until", "", "only lines before `TIME`")
	flags.IntVarP(&f.Limit, "limit", "n", 100, "at most `N` lines; 0 is no limit and needs --order")
	flags.StringVar(&f.Order, "order", "", "print as found, `oldest` or newest first (default: the newest lines, oldest of them first)")
	flags.BoolVar(&f.Fields, "fields", false, "show what the parser found in each line")
	flags.BoolVar(&f.JSON, "json", false, "JSON lines")
	flags.StringVar(&color, "color", "auto", "`when`: auto, always or never")
	flags.BoolVar(&f.Strict, "strict", false, "exit code 2 when the index knows that it lacks lines")
	flags.BoolVar(&f.Explain, "explain", false, "tell on standard error what the index spared and where the time went")
	addServer(cmd, &server)
	return cmd
}

func tailCommand() *cobra.Command {
	var t Tail
	var server, color string
	cmd := &cobra.Command{
		Use:   "tail [flags] [QUERY]",
		Short: "Show lines that match a query as they are indexed",
		Long: `Tail shows events as they are indexed, with all their lines, until it is stopped. When the connection breaks it
connects again and says from when on lines may be missing.` + serverHelp,
		Example: `  foghorn tail
  foghorn tail 'level:>=warn host:db-*'
  foghorn tail status:500 --json | jq .fields`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			t.Query = strings.Join(args, " ")
			if t.Color, err = paint(cmd, color); err != nil {
				return err
			}
			t.Terminal = onTerminal(cmd.OutOrStdout())
			return ask(cmd, server, t.Run)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&t.Fields, "fields", false, "show what the parser found in each line")
	flags.BoolVar(&t.JSON, "json", false, "JSON lines")
	flags.StringVar(&color, "color", "auto", "`when`: auto, always or never")
	addServer(cmd, &server)
	return cmd
}

func anomaliesCommand() *cobra.Command {
	var a Anomalies
	var server string
	var firing bool
	limit := 1000
	cmd := &cobra.Command{
		Use:   "anomalies",
		Short: "Show what the rules found: what fires now, and what did",
		Long: `Anomalies shows each anomaly in its newest state, the oldest first.

Exit code: 0 when there is an anomaly, 1 when there is none, 2 when something failed.` + timeHelp + serverHelp,
		Example: `  foghorn anomalies --firing
  foghorn anomalies --rule sshd-bruteforce --since 1d --details
  foghorn anomalies --follow
  foghorn anomalies --all --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if firing {
				a.Query.State = "firing"
			}
			a.Query.Limit = &limit
			return ask(cmd, server, a.Run)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&firing, "firing", false, "only those that fire now")
	flags.StringVar(&a.Query.Rule, "rule", "", "only those of the rule `ID`")
	flags.StringVar(&a.Query.Severity, "severity", "", "only those of a `severity`: low, medium, high, critical")
	flags.StringVar(&a.Query.Since, "since", "", "only those with a line at or after `TIME`")
	flags.IntVarP(&limit, "limit", "n", limit, "the newest `N`; 0 is no limit")
	flags.BoolVar(&a.Query.Events, "all", false, "every event (open, update, resolved) instead of the newest state")
	flags.BoolVarP(&a.Follow, "follow", "f", false, "go on with what comes")
	flags.BoolVar(&a.Details, "details", false, "everything about each: lines, query, what to look at")
	flags.BoolVar(&a.JSON, "json", false, "JSON lines")
	addServer(cmd, &server)
	return cmd
}

func grepCommand() *cobra.Command {
	var g GrepFlags
	var server string
	cmd := &cobra.Command{
		Use:   "grep [flags] PATTERN [PATH...]",
		Short: "grep the logs of all servers at once",
		Long: `Grep prints the lines that match a pattern, byte for byte as grep does on the original
files, rotated ones included. PATTERN is an extended regular expression, as for grep -E.
A PATH is a glob over the paths of the logs (* also stands for slashes); one without a
leading slash names the end of a path. Without any, all logs are searched.

Where lines make one event, such as a stack trace, each is a line of its own here, with the
fields of the event. --where QUERY is about the whole event: the fields and the words may
stand in any of its lines.

Names are shown when more than one log is searched: the path, or host:path when the logs
are of several hosts. Options mean what they mean for GNU grep and can be written as
there: -inC2, -A 3, -5, behind the pattern, and -- ends them. Binary lines are searched
and printed as text (grep -a).

Exit code: 0 when a line was selected, 1 when none was, 2 when something failed. When the
index knows that it lacks lines, one line on standard error says so and the exit code is 2,
as grep has it for a file that it cannot read; --strict=false leaves it 0 or 1.` + timeHelp + serverHelp,
		Example: `  foghorn grep -i 'time(d )?out'
  foghorn grep -c 'status=5[0-9][0-9]' --since 1h
  foghorn grep -n -C2 -F '0x7f: conn' /var/log/app.log
  foghorn grep -l OutOfMemory --host 'db-*' --since 'yesterday 14:00' --until now-1h
  foghorn grep -w replication --where 'level:>=warn'`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.Complete(args, cmd.InOrStdin(), onTerminal(cmd.OutOrStdout())); err != nil {
				return fmt.Errorf("grep: %w", err)
			}
			return ask(cmd, server, func(ctx context.Context, c *Client, out, errOut io.Writer) int {
				return g.Run(ctx, c, out, errOut, progressTo(cmd))
			})
		},
	}
	g.Register(cmd.Flags())
	addServer(cmd, &server)
	return cmd
}
