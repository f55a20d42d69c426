package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"foghorn/deployments/config"
	"foghorn/pipeline/ops"
	"foghorn/shipper/redact"
	"foghorn/shipper/spool"
	"foghorn/shipper/stdin"
)

// shipOptions are what the command ship does beside running the role.
type shipOptions struct {
	config string
	stdin  bool
	name   string
}

func shipCommand() *cobra.Command {
	var o shipOptions
	cmd := &cobra.Command{
		Use:   "ship --config foghorn.yml",
		Short: "Send this server's log lines to Kafka",
		Long: `Follow log files, and take lines from syslog, the journal and agents that speak HTTP, as the
configuration says; send them to Kafka. Runs until it gets SIGINT or SIGTERM, and then stops
after what it has in hand. While Kafka is away it waits, says so, and goes on when it is back.

With --stdin it ships what a program writes to a pipe, and ends once Kafka has all of it.`,
		Example: `  foghorn ship --config /etc/foghorn/foghorn.yml
  make 2>&1 | foghorn ship --stdin --name build`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.load(cmd)
			if err != nil {
				return err
			}
			if o.stdin {
				return o.shipStdin(cmd.Context(), cfg)
			}
			return runRole(cmd.Context(), "ship", cfg)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "foghorn.yml", "the configuration `file`")
	f.BoolVar(&o.stdin, "stdin", false, "ship standard input to its end")
	f.StringVar(&o.name, "name", "stdin", "with --stdin: the `name` of what writes it, which is the service too")
	return cmd
}

// load reads the configuration; what ends by itself does without a file where there is none.
func (o *shipOptions) load(cmd *cobra.Command) (config.Config, error) {
	cfg, err := config.Load(o.config)
	if errors.Is(err, fs.ErrNotExist) && o.stdin && !cmd.Flags().Changed("config") {
		return config.Default(), nil
	}
	return cfg, err
}

// shipStdin ships standard input. Its spool is its own: another shipper may run.
func (o *shipOptions) shipStdin(ctx context.Context, cfg config.Config) (err error) {
	n, err := newNode(cfg, newLogger(cfg.Log))
	if err != nil {
		return err
	}
	defer n.client.Close()
	redactor, err := redact.New(cfg.Ship.Redact)
	if err != nil {
		return err
	}
	sc := stdin.DefaultConfig(o.name)
	sc.Host, sc.LineLimit, sc.Labels, sc.Redact = n.host(), int(cfg.Ship.LineLimit), cfg.Ship.Labels, redactor.Line
	if err := sc.Validate(); err != nil {
		return err
	}
	qc := spool.DefaultConfig(filepath.Join(cfg.Data, "ship", "stdin-"+o.name))
	qc.MaxBytes, qc.Sync, qc.Log = int64(cfg.Ship.Spool.Size), cfg.Ship.Spool.Sync, n.component("spool")
	queue, err := spool.Open(qc)
	if errors.Is(err, spool.ErrLocked) {
		return fmt.Errorf("another `foghorn ship --stdin --name %s` runs on %s: give another --name", o.name, cfg.Data)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, queue.Close()) }()
	source, err := stdin.New(sc, os.Stdin, queue, n.log, n.reg)
	if err != nil {
		return err
	}
	sink := n.sink()
	group := ops.Group{Components: []ops.Component{
		{Name: "stdin", Run: source.Run},
		n.onBus("spool", func(ctx context.Context) error { return queue.Run(ctx, sink) }),
	}}
	if err := group.Run(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("stopped before the end of the input; what was read is kept, and sent by the next start with this --name")
	}
	return nil
}
