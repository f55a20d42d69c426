package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foghorn/indexer/api/when"
	"foghorn/indexer/client"
)

// clientCommands are the commands that ask a running server. They end with grep's exit
// codes: 0 when something was found, 1 when nothing was, 2 when something failed.
func clientCommands() []*cobra.Command {
	return []*cobra.Command{grepCommand(), searchCommand(), tailCommand(), anomaliesCommand()}
}

const serverHelp = `

The server is the one at --server, else in the variable FOGHORN_SERVER, else
` + client.DefaultServer + `.`

const timeHelp = `

TIME is ` + when.Forms + `.`

// ask runs a client command and hands its exit code to main.
func ask(cmd *cobra.Command, server string, run func(ctx context.Context, c *client.Client, out, errOut io.Writer) int) error {
	if server == "" {
		server = os.Getenv("FOGHORN_SERVER")
	}
	if server == "" {
		server = client.DefaultServer
	}
	c, err := client.New(server)
	if err != nil {
		return err
	}
	defer c.Close()
	if code := run(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr()); code != client.ExitMatch {
		return exitCode(code)
	}
	return nil
}

// addServer adds the flag --server, and --help without the letter h, which is grep's.
func addServer(cmd *cobra.Command, server *string) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(server, "server", "", "address of the server, such as "+client.DefaultServer)
	f.Bool("help", false, "show this help")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var bad *pflag.InvalidValueError
		if errors.As(err, &bad) {
			name := "--" + bad.GetFlag().Name
			if s := bad.GetFlag().Shorthand; s != "" {
				name = "-" + s
			}
			return fmt.Errorf("%s: %s: %w", cmd.Name(), name, bad.Unwrap())
		}
		return fmt.Errorf("%s: %w; see foghorn %s --help", cmd.Name(), err, cmd.Name())
	})
}

// paint says whether to colour for a value of --color.
func paint(cmd *cobra.Command, value string) (bool, error) {
	switch value {
	case "always", "yes", "force":
		return true, nil
	case "never", "no", "none":
		return false, nil
	case "", "auto", "tty", "if-tty":
		return onTerminal(cmd.OutOrStdout()) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == "", nil
	}
	return false, fmt.Errorf("%s: --color: expected auto, always or never, found %q", cmd.Name(), value)
}

func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isTerminal(f)
}

// progressTo is where progress is shown: standard error, when it is a terminal.
func progressTo(cmd *cobra.Command) io.Writer {
	if w := cmd.ErrOrStderr(); onTerminal(w) {
		return w
	}
	return nil
}

func searchCommand() *cobra.Command {
	var f client.Find
	var server, color string
	cmd := &cobra.Command{
		Use:   "search [flags] QUERY",
		Short: "Search the logs with the query language, newest lines last",
		Long: `Search shows the newest lines that match a query, the oldest of them first.

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
			return ask(cmd, server, func(ctx context.Context, c *client.Client, out, errOut io.Writer) int {
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
	addServer(cmd, &server)
	return cmd
}

func tailCommand() *cobra.Command {
	var t client.Tail
	var server, color string
	cmd := &cobra.Command{
		Use:   "tail [flags] [QUERY]",
		Short: "Show lines that match a query as they are indexed",
		Long: `Tail shows lines as they are indexed, until it is stopped. When the connection breaks it
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
	var a client.Anomalies
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
	g := client.Grep{MaxCount: -1, Before: -1, After: -1}
	o := grepOptions{Grep: &g, context: -1}
	var server string
	cmd := &cobra.Command{
		Use:   "grep [flags] PATTERN [PATH...]",
		Short: "grep the logs of all servers at once",
		Long: `Grep prints the lines that match a pattern, byte for byte as grep does on the original
files, rotated ones included. PATTERN is an extended regular expression, as for grep -E.
A PATH is a glob over the paths of the logs (* also stands for slashes); one without a
leading slash names the end of a path. Without any, all logs are searched.

Names are shown when more than one log is searched: the path, or host:path when the logs
are of several hosts. Options mean what they mean for GNU grep and can be written as
there: -inC2, -A 3, -5, behind the pattern, and -- ends them. Binary lines are searched
and printed as text (grep -a).

Exit code: 0 when a line was selected, 1 when none was, 2 when something failed. When the
index knows that it lacks lines, one line on standard error says so.` + timeHelp + serverHelp,
		Example: `  foghorn grep -i 'time(d )?out'
  foghorn grep -c 'status=5[0-9][0-9]' --since 1h
  foghorn grep -n -C2 -F '0x7f: conn' /var/log/app.log
  foghorn grep -l OutOfMemory --host 'db-*' --since 'yesterday 14:00' --until now-1h
  foghorn grep -w replication --where 'level:>=warn'`,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			return ask(cmd, server, func(ctx context.Context, c *client.Client, out, errOut io.Writer) int {
				return g.Run(ctx, c, out, errOut, progressTo(cmd))
			})
		},
	}
	o.add(cmd.Flags())
	addServer(cmd, &server)
	return cmd
}

// grepOptions are those of grep whose value depends on others, on their order, or on a
// file.
type grepOptions struct {
	*client.Grep
	patterns, files []string
	context, digits int
	color           string
	withName        *bool
}

func (o *grepOptions) add(f *pflag.FlagSet) {
	f.SortFlags = false
	set := func(letter, name, help string, set func()) {
		f.VarPF(switchFlag(set), name, letter, help).NoOptDefVal = "true"
	}
	yes, no := true, false
	set("F", "fixed-strings", "PATTERN is plain text", func() { o.Fixed = true })
	set("E", "extended-regexp", "PATTERN is an extended regular expression (the default)", func() { o.Fixed = false })
	f.StringArrayVarP(&o.patterns, "regexp", "e", nil, "`PATTERN` to search for; may be repeated")
	f.StringArrayVarP(&o.files, "file", "f", nil, "take patterns from `FILE`, one on each line; - is standard input")
	f.BoolVarP(&o.IgnoreCase, "ignore-case", "i", false, "any case")
	f.BoolVarP(&o.Invert, "invert-match", "v", false, "select the lines that do not match")
	f.BoolVarP(&o.Word, "word-regexp", "w", false, "match whole words only")
	f.BoolVarP(&o.Line, "line-regexp", "x", false, "match whole lines only")
	f.BoolVarP(&o.Count, "count", "c", false, "print how many lines of each log were selected")
	f.BoolVarP(&o.OnlyMatching, "only-matching", "o", false, "print only the parts that match, each on its line")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "print nothing; stop at the first selected line")
	f.BoolVarP(&o.NoMessages, "no-messages", "s", false, "no messages about unknown logs and missing lines")
	set("l", "files-with-matches", "print the names of logs with selected lines", func() { o.Listing = client.ListMatching })
	set("L", "files-without-match", "print the names of logs without selected lines", func() { o.Listing = client.ListNonMatching })
	f.VarP(&numberFlag{&o.MaxCount, true}, "max-count", "m", "stop after `N` selected lines of each log")
	f.VarP(&numberFlag{&o.After, false}, "after-context", "A", "print `N` lines after each selected one")
	f.VarP(&numberFlag{&o.Before, false}, "before-context", "B", "print `N` lines before each selected one")
	f.VarP(&numberFlag{&o.context, false}, "context", "C", "print `N` lines on both sides; also -N")
	f.BoolVarP(&o.LineNumber, "line-number", "n", false, "print the line's number, counted in one life of the file")
	f.BoolVarP(&o.ByteOffset, "byte-offset", "b", false, "print the line's offset in bytes")
	set("H", "with-filename", "print the log's name with each line", func() { o.withName = &yes })
	set("h", "no-filename", "print no names", func() { o.withName = &no })
	f.BoolVarP(&o.NullAfter, "null", "Z", false, "print a zero byte after each name")
	f.StringVar(&o.color, "color", "auto", "`when`: auto, always or never")
	f.Lookup("color").NoOptDefVal = "auto"
	f.StringVar(&o.color, "colour", "auto", "")
	f.Lookup("colour").NoOptDefVal = "auto"
	f.StringVar(&o.Since, "since", "", "only lines at or after `TIME`")
	f.StringVar(&o.Until, "until", "", "only lines before `TIME`")
	f.StringVar(&o.Where, "where", "", "only lines that also match a `QUERY`; context lines need not")
	f.StringArrayVar(&o.Hosts, "host", nil, "only logs of hosts that fit `GLOB`; may be repeated")
	f.StringArrayVar(&o.Paths, "path", nil, "only logs whose path fits `GLOB`; may be repeated")
	f.BoolVar(&o.JSON, "json", false, "JSON lines")
	f.BoolVar(&o.Strict, "strict", false, "exit code 2 when the index knows that it lacks lines")

	hidden := func(name string) { f.Lookup(name).Hidden = true }
	hidden("colour")
	set("a", "text", "", func() {}) // always so
	set("y", "ignore-case-old", "", func() { o.IgnoreCase = true })
	f.BoolVar(new(bool), "line-buffered", false, "") // output waits for nothing anyway
	f.BoolFunc("silent", "", func(string) error { o.Quiet = true; return nil })
	set("r", "recursive", "", func() {}) // all logs are searched unless named
	for _, name := range []string{"text", "ignore-case-old", "line-buffered", "silent", "recursive"} {
		hidden(name)
	}
	refuse := func(letter, name, why string) {
		flag := f.VarPF(refusedFlag(why), name, letter, "")
		flag.NoOptDefVal, flag.Hidden = "true", true
	}
	refuse("G", "basic-regexp", `basic expressions are not supported: write it for -E (a plain (, ), {, }, |, + and ? are operators, \( is a character), or use -F for plain text`)
	refuse("P", "perl-regexp", `Perl expressions are not supported: use -E ([0-9] for \d; no look-around), or a query with /RE2/: foghorn search '/\d+ms/'`)
	refuse("z", "null-data", "lines end with a line feed")
	for d := '0'; d <= '9'; d++ {
		name := "context-" + string(d)
		flag := f.VarPF(switchFlag(func() { o.digit(int(d - '0')) }), name, string(d), "")
		flag.NoOptDefVal, flag.Hidden = "true", true
	}
	o.digits = -1
}

// digit adds a digit to the N of -N.
func (o *grepOptions) digit(d int) {
	o.digits = min(max(o.digits, 0)*10+d, maxNumber)
	o.context = o.digits
}

// complete joins what the options, the arguments and the pattern files say.
func (o *grepOptions) complete(cmd *cobra.Command, args []string) (err error) {
	if o.Before < 0 {
		o.Before = o.context
	}
	if o.After < 0 {
		o.After = o.context
	}
	o.WithName = o.withName
	if o.Color, err = paint(cmd, o.color); err != nil {
		return err
	}
	o.Patterns = o.patterns
	for _, name := range o.files {
		text, err := readPatterns(cmd, name)
		if err != nil {
			return fmt.Errorf("grep: %w", err)
		}
		if text != "" {
			o.Patterns = append(o.Patterns, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
		}
	}
	if len(o.patterns) == 0 && len(o.files) == 0 {
		if len(args) == 0 {
			return errors.New("grep: expected a PATTERN; see foghorn grep --help")
		}
		o.Patterns, args = args[:1], args[1:]
	}
	o.Paths = append(o.Paths, args...)
	return nil
}

// maxPatterns bounds a file of patterns.
const maxPatterns = 512 << 10

func readPatterns(cmd *cobra.Command, name string) (string, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPatterns+1))
	if err != nil {
		return "", fmt.Errorf("read patterns: %w", err)
	}
	if len(text) > maxPatterns {
		return "", fmt.Errorf("%s: more than %d bytes of patterns", name, maxPatterns)
	}
	return string(text), nil
}

// switchFlag is an option without a value that does something each time it is given, so
// that the last of several counts.
type switchFlag func()

func (s switchFlag) String() string   { return "" }
func (s switchFlag) Type() string     { return "bool" }
func (s switchFlag) Set(string) error { s(); return nil }

// refusedFlag is an option of grep that is not supported; it says what to use instead.
type refusedFlag string

func (r refusedFlag) String() string   { return "" }
func (r refusedFlag) Type() string     { return "bool" }
func (r refusedFlag) Set(string) error { return errors.New(string(r)) }

// numberFlag is a number of lines. Those beyond maxNumber are as good as no bound.
type numberFlag struct {
	to       *int
	negative bool // a negative number is no bound
}

const maxNumber = 1<<31 - 1

func (n *numberFlag) String() string { return "" }
func (n *numberFlag) Type() string   { return "int" }

func (n *numberFlag) Set(text string) error {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errors.New("expected a number of lines")
	}
	if v < 0 && !n.negative {
		return errors.New("expected a number that is not below zero")
	}
	*n.to = int(max(min(v, maxNumber), -1))
	return nil
}
