package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"foghorn/indexer/api"
)

// Context is one `foghorn context`: a line and those around it.
type Context struct {
	// Source, Generation and Offset name the line, as a hit or a sample of an anomaly does.
	Source, Generation, Offset string
	Before, After              int
	JSON                       bool
	// Terminal says that out is one: what could drive it is escaped.
	Terminal bool
}

// Context asks for the lines around a line.
func (c *Client) Context(ctx context.Context, params url.Values, to Receiver) (api.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, err := c.do(ctx, http.MethodGet, "/api/v1/context", params, nil, "application/x-ndjson")
	if err != nil {
		return api.Summary{}, err
	}
	defer body.Close()
	return receive(ctx, body, to)
}

// Run prints the lines with their numbers as grep -n -C does, the line itself with a colon,
// those around it with a hyphen. It returns ExitError when there is no such line.
func (x *Context) Run(ctx context.Context, c *Client, out, errOut io.Writer) int {
	w := bufio.NewWriterSize(out, 64<<10)
	params := url.Values{
		"source": {x.Source}, "generation": {x.Generation}, "offset": {x.Offset}, "coverage": {"brief"},
		"before": {strconv.Itoa(x.Before)}, "after": {strconv.Itoa(x.After)},
	}
	if !x.JSON {
		params.Set("fields", "0")
	}
	show := human{escape: x.Terminal}
	var buf []byte
	summary, err := c.Context(ctx, params, Receiver{Hit: func(h *Hit) error {
		if x.JSON {
			buf = append(buf[:0], h.Raw...)
		} else {
			sep := byte(':')
			if h.Context {
				sep = '-'
			}
			buf = show.text(append(strconv.AppendInt(buf[:0], h.N, 10), sep), string(h.Line))
		}
		_, err := w.Write(append(buf, '\n'))
		return err
	}})
	if flushErr := w.Flush(); err == nil {
		err = flushErr
	}
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return ExitMatch
	case err == nil && summary.Partial:
		err = errors.New("the server's time ran out; ask for fewer lines")
	case err == nil && len(summary.Missing) > 0:
		err = fmt.Errorf("lines are missing: %s: %s", summary.Missing[0].File, summary.Missing[0].Reason)
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintf(errOut, "foghorn context: %s\n", visible(explain(err)))
		}
		return ExitError
	}
	return ExitMatch
}

func contextCommand() *cobra.Command {
	var x Context
	var server string
	around := -1
	cmd := &cobra.Command{
		Use:   "context [flags] SOURCE GENERATION OFFSET",
		Short: "Show the lines around a line",
		Long: `Context shows the lines before and after a line as they were written, across rotations.
SOURCE, GENERATION and OFFSET name the line: they are in each hit of a search with --json
and in each sample of an anomaly.

Exit code: 0, or 2 when there is no such line or something failed.` + serverHelp,
		Example: `  foghorn context web-1:/var/log/app.log 12345678901234567890 4711
  foghorn search level:fatal -n 1 --json | jq -r '[.source,.generation,.offset]|@sh' | xargs foghorn context -C 20`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			x.Source, x.Generation, x.Offset = args[0], args[1], args[2]
			for _, n := range []struct {
				flag string
				to   *int
			}{{"before", &x.Before}, {"after", &x.After}} {
				if around >= 0 && !cmd.Flags().Changed(n.flag) {
					*n.to = around
				}
			}
			x.Terminal = onTerminal(cmd.OutOrStdout())
			return ask(cmd, server, x.Run)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVarP(&x.Before, "before", "B", api.DefaultContext, "`N` lines before")
	flags.IntVarP(&x.After, "after", "A", api.DefaultContext, "`N` lines after")
	flags.IntVarP(&around, "context", "C", -1, "`N` lines before and after")
	flags.BoolVar(&x.JSON, "json", false, "JSON lines")
	addServer(cmd, &server)
	return cmd
}
