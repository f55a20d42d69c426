package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// GrepFlags fills a Grep from a command line as GNU grep reads it: options in any order
// and joined, the last of contradicting ones counting, -NUM for context.
type GrepFlags struct {
	Grep
	patterns, files []string
	context, digits int
	color           string
	extended        bool
}

// Register adds the options to f, which parses the command line.
func (o *GrepFlags) Register(f *pflag.FlagSet) {
	o.MaxCount, o.Before, o.After, o.context, o.digits = -1, -1, -1, -1, -1
	f.SortFlags = false
	set := func(letter, name, help string, set func()) {
		f.VarPF(switchFlag(set), name, letter, help).NoOptDefVal = "true"
	}
	yes, no := true, false
	set("F", "fixed-strings", "PATTERN is plain text", func() { o.Fixed = true })
	set("E", "extended-regexp", "PATTERN is an extended regular expression (the default)", func() { o.extended = true })
	f.StringArrayVarP(&o.patterns, "regexp", "e", nil, "`PATTERN` to search for; may be repeated")
	f.StringArrayVarP(&o.files, "file", "f", nil, "take patterns from `FILE`, one on each line; - is standard input")
	set("i", "ignore-case", "any case", func() { o.IgnoreCase = true })
	f.BoolVarP(&o.Invert, "invert-match", "v", false, "select the lines that do not match")
	f.BoolVarP(&o.Word, "word-regexp", "w", false, "match whole words only")
	f.BoolVarP(&o.Line, "line-regexp", "x", false, "match whole lines only")
	f.BoolVarP(&o.Count, "count", "c", false, "print how many lines of each log were selected")
	f.BoolVarP(&o.OnlyMatching, "only-matching", "o", false, "print only the parts that match, each on its line")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "print nothing; stop at the first selected line")
	f.BoolVarP(&o.NoMessages, "no-messages", "s", false, "no messages about unknown logs and missing lines")
	set("l", "files-with-matches", "print the names of logs with selected lines", func() { o.Listing = ListMatching })
	set("L", "files-without-match", "print the names of logs without selected lines", func() { o.Listing = ListNonMatching })
	f.VarP(&numberFlag{&o.MaxCount, true}, "max-count", "m", "stop after `N` selected lines of each log")
	f.VarP(&numberFlag{&o.After, false}, "after-context", "A", "print `N` lines after each selected one")
	f.VarP(&numberFlag{&o.Before, false}, "before-context", "B", "print `N` lines before each selected one")
	f.VarP(&numberFlag{&o.context, false}, "context", "C", "print `N` lines on both sides; also -N")
	f.BoolVarP(&o.LineNumber, "line-number", "n", false, "print the line's number, counted in one life of the file")
	f.BoolVarP(&o.ByteOffset, "byte-offset", "b", false, "print the line's offset in bytes")
	set("H", "with-filename", "print the log's name with each line", func() { o.WithName = &yes })
	set("h", "no-filename", "print no names", func() { o.WithName = &no })
	hyphens := "--"
	o.Separator = &hyphens
	f.Func("group-separator", "print `TEXT` instead of -- between groups of lines with context", func(text string) error {
		o.Separator = &text
		return nil
	})
	set("", "no-group-separator", "print nothing between groups of lines with context", func() { o.Separator = nil })
	f.BoolVarP(&o.NullAfter, "null", "Z", false, "print a zero byte after each name")
	f.StringVar(&o.color, "color", "auto", "`when`: auto, always or never")
	f.Lookup("color").NoOptDefVal = "auto"
	f.StringVar(&o.color, "colour", "auto", "")
	f.Lookup("colour").NoOptDefVal = "auto"
	f.StringVar(&o.Since, "since", "", "only lines at or after `TIME`")
	f.StringVar(&o.Until, "until", "", "only lines before `TIME`")
	f.StringVar(&o.Where, "where", "", "only lines of events that also match a `QUERY`, as a whole; context lines need not")
	f.StringArrayVar(&o.Hosts, "host", nil, "only logs of hosts that fit `GLOB`; may be repeated")
	f.StringArrayVar(&o.Paths, "path", nil, "only logs whose path fits `GLOB`; may be repeated")
	f.BoolVar(&o.JSON, "json", false, "JSON lines")
	f.BoolVar(&o.Strict, "strict", true, "exit code 2 when the index knows that it lacks lines; --strict=false only says so")
	f.BoolVar(&o.Explain, "explain", false, "tell on standard error what the index spared and where the time went")

	hidden := func(name string) { f.Lookup(name).Hidden = true }
	hidden("colour")
	set("a", "text", "", func() {}) // always so
	set("y", "ignore-case-old", "", func() { o.IgnoreCase = true })
	f.BoolVar(new(bool), "line-buffered", false, "") // output waits for nothing anyway
	f.BoolFunc("silent", "", func(string) error { o.Quiet = true; return nil })
	set("", "no-ignore-case", "", func() { o.IgnoreCase = false })
	set("r", "recursive", "", func() {}) // all logs are searched unless named
	set("R", "dereference-recursive", "", func() {})
	set("U", "binary", "", func() {})
	f.Func("binary-files", "", func(as string) error {
		if as != "text" {
			return errors.New("binary lines are searched and printed as text")
		}
		return nil
	})
	for _, name := range []string{"text", "ignore-case-old", "line-buffered", "silent", "no-ignore-case", "recursive", "dereference-recursive", "binary", "binary-files"} {
		hidden(name)
	}
	refuse := func(letter, name, why string) {
		flag := f.VarPF(refusedFlag(why), name, letter, "")
		flag.NoOptDefVal, flag.Hidden = "true", true
	}
	refuse("G", "basic-regexp", `basic expressions are not supported: write it for -E (a plain (, ), {, }, |, + and ? are operators, \( is a character), or use -F for plain text`)
	refuse("P", "perl-regexp", `Perl expressions are not supported: use -E ([0-9] for \d; no look-around), or a query with /RE2/: foghorn search '/\d+ms/'`)
	refuse("z", "null-data", "lines end with a line feed")
	refuse("I", "binary-without-match", "binary lines are searched and printed as text")
	refuse("T", "initial-tab", "lines are not aligned; leave it out")
	refuse("V", "version", "use foghorn --version")
	refuse("d", "directories", "what is searched are logs, not folders; choose them by --path GLOB")
	refuse("D", "devices", "what is searched are logs, not devices; choose them by --path GLOB")
	refuse("", "include", "use --path GLOB")
	for _, name := range []string{"exclude", "exclude-from", "exclude-dir"} {
		refuse("", name, "use --where 'NOT path:GLOB'")
	}
	refuse("", "label", "standard input is not searched")
	for d := '0'; d <= '9'; d++ {
		name := "context-" + string(d)
		flag := f.VarPF(switchFlag(func() { o.digit(int(d - '0')) }), name, string(d), "")
		flag.NoOptDefVal, flag.Hidden = "true", true
	}
}

// digit adds a digit to the N of -N.
func (o *GrepFlags) digit(d int) {
	o.digits = min(max(o.digits, 0)*10+d, maxNumber)
	o.context = o.digits
}

// Complete joins what options, arguments and files of patterns say. args are what is left
// of the command line; terminal says that the output is one.
func (o *GrepFlags) Complete(args []string, stdin io.Reader, terminal bool) (err error) {
	if o.Fixed && o.extended {
		return errors.New("-E and -F contradict each other")
	}
	if o.Before < 0 {
		o.Before = o.context
	}
	if o.After < 0 {
		o.After = o.context
	}
	if o.Color, err = UseColor(o.color, terminal); err != nil {
		return err
	}
	if len(o.patterns) == 0 && len(o.files) == 0 {
		if len(args) == 0 {
			return errors.New("expected a PATTERN; see foghorn grep --help")
		}
		o.patterns, args = args[:1], args[1:]
	}
	for _, p := range o.patterns {
		o.Patterns = append(o.Patterns, strings.Split(p, "\n")...) // each line is one
	}
	for _, name := range o.files {
		text, err := readPatterns(name, stdin)
		if err != nil {
			return err
		}
		if text != "" {
			o.Patterns = append(o.Patterns, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
		}
	}
	o.Paths = append(o.Paths, args...)
	return nil
}

// UseColor says whether to colour for a value of --color: auto, always or never.
func UseColor(when string, terminal bool) (bool, error) {
	switch when {
	case "always", "yes", "force":
		return true, nil
	case "never", "no", "none":
		return false, nil
	case "", "auto", "tty", "if-tty":
		return terminal && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == "", nil
	}
	return false, fmt.Errorf("--color: expected auto, always or never, found %q", when)
}

// maxPatterns bounds a file of patterns.
const maxPatterns = 512 << 10

func readPatterns(name string, in io.Reader) (string, error) {
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
