// Command foghorn gathers logs, finds anomalies in them and makes every line searchable.
//
//	       ┌────────────── foghorn up: all of it, one process ───────────────┐
//	       │                                                                 │
//	files ─┤► ship ──► logs.raw ──► process ──► logs.events ──► index ──► API ├─► grep, search, tail
//	       │                        │    ▲                        ▲          │
//	       │                        ▼    │ rules                  │          │
//	       │                   logs.matches ──► process ──► anomalies        │
//	       │                                                  │              │
//	       │                                                  └──► alert ────┼─► Alertmanager, webhooks
//	       └──── broker: embedded Kafka, or Apache Kafka at kafka.brokers ───┘
//
// Every box is a role with a command of its own; roles.go joins the packages into roles.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"foghorn/deployments/config"
	"foghorn/indexer/client"
	"foghorn/pipeline/ops"
	"foghorn/pipeline/templates/mine"
	"foghorn/rules/check"
)

// version is set when the program is built (make build).
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx)
	stop()
	var code ops.ExitCode
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	default:
		fmt.Fprintln(os.Stderr, "foghorn:", err)
		os.Exit(int(ops.ExitError))
	}
}

// run runs the command, and the server of profiles beside it if it is asked for.
func run(ctx context.Context) error {
	root := rootCommand()
	listen := root.PersistentFlags().String("pprof", "", "serve Go's profiles at `host:port`, on loopback, under /debug/pprof/")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if *listen == "" {
			return nil
		}
		p, err := ops.ListenProfiles(ctx, *listen)
		if err == nil {
			go p.Run(ctx) //nolint:errcheck // the command's work does not depend on it
		}
		return err
	}
	return root.ExecuteContext(ctx)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "foghorn",
		Short: "Logs of many servers: searchable as with grep, watched for what comes before an outage",
		Long: `Foghorn gathers the logs of many servers, finds in them the errors, surges and patterns
that come before an outage, and makes every line searchable within a second.

Start with "foghorn up": everything in one process, with an embedded Kafka.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "ask", Title: "Ask:"},
		&cobra.Group{ID: "rules", Title: "Rules and settings:"},
	)
	add := func(group string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("run", upCommand(), shipCommand(), roleCommand("process"), roleCommand("index"), roleCommand("alert"), brokerCommand())
	add("ask", client.Commands()...)
	templates := client.TemplatesCommand()
	templates.AddCommand(mine.Command().Commands()...)
	add("ask", templates)
	add("rules", check.Command(), configCommand())
	return root
}

func configCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check a configuration and print it with all defaults filled in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := config.Default()
			if file != "" {
				var err error
				if cfg, err = config.Load(file); err != nil {
					return err
				}
			}
			out, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the file to read (default: none, only defaults)")
	return cmd
}

// newLogger returns the program's own log, on standard error.
func newLogger(cfg config.LogConfig) zerolog.Logger {
	level, err := zerolog.ParseLevel(cfg.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	format := cfg.Format
	if format == "auto" && isTerminal(os.Stderr) {
		format = "console"
	}
	if format == "console" {
		// What a person at the terminal does not read: the API and the JSON form have it.
		skip := []string{"id", "seq", "query", "group", "value", "threshold", "started"}
		return zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: "15:04:05", FieldsExclude: skip}).Level(level).With().Timestamp().Logger()
	}
	return zerolog.New(os.Stderr).Level(level).With().Timestamp().Logger()
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }
