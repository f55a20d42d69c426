package mine

import (
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"foghorn/pipeline/templates"
)

// Command returns `foghorn templates`: what people do with the templates of log messages.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "Find the templates of log messages",
		Long: `Find the templates of log messages: the constant text that a program wrote around the
values, such as "session opened for user <*> by (uid=<*>)".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(mineCommand())
	return cmd
}

func mineCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "mine [FILE...]",
		Short: "Find the templates of files, with no server",
		Long: `Find the templates of files, or of standard input, with no server. Several files are one
log.

Without --lines the templates are printed, most frequent first: count, id, template. With
--lines every line is printed with its final template: id, template, line. A template's
id is the same on every machine.

With --json there is one JSON object for each template (template_id, template, count), or
for each line (n, line, template_id, template, variables); n counts lines from 1, over
all files. Bytes that are not UTF-8 are shown as U+FFFD in JSON.

--format says where in a line the message is that is mined:
  auto     the line's format is recognised (default)
  message  the whole line is the message
  NAME     a format: ` + formatNames() + `
  REGEX    a regular expression (RE2) with a group named message,
           such as '^\S+ \S+ (?P<message>.*)$'; a line that it does not match is one message

For packed files: zcat FILE.gz | foghorn templates mine`,
		Example: `  foghorn templates mine /var/log/syslog
  foghorn templates mine --format message --lines --json < messages.txt`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			o.paths = paths
			o.in, o.out, o.errOut = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if f, ok := o.errOut.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
				o.progress = progressEvery
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", formatAuto, "where the message is: auto, message, the name of a format, or a regular expression")
	f.BoolVar(&o.lines, "lines", false, "print every line with its template")
	f.BoolVar(&o.json, "json", false, "print JSON objects, one on each line")
	f.IntVar(&o.limit, "max-templates", templates.DefaultConfig().MaxTemplates, "how many templates to keep; beyond, the rarest go")
	return cmd
}
