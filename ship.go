package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"foghorn/deployments/config"
	"foghorn/pipeline"
	"foghorn/pipeline/ops"
	"foghorn/shipper/control"
	"foghorn/shipper/redact"
	"foghorn/shipper/spool"
	"foghorn/shipper/stdin"
)

// shipOptions are what the command ship does beside running the role.
type shipOptions struct {
	config   string
	stdin    bool
	name     string
	backfill []string
	status   bool
	data     string
	brokers  []string
	json     bool
}

func shipCommand() *cobra.Command {
	var o shipOptions
	cmd := &cobra.Command{
		Use:   "ship --config foghorn.yml",
		Short: "Send this server's log lines to Kafka",
		Long: `Follow log files, and take lines from syslog, the journal and agents that speak HTTP, as the
configuration says; send them to Kafka. Runs until it gets SIGINT or SIGTERM, and then stops
after what it has in hand. While Kafka is away it waits, says so, and goes on when it is back.

With --backfill it ships old files, compressed ones (.gz, .zst, .bz2) too, and ends once Kafka
has all of them. What was shipped already, or will be by a shipper that follows the files,
is not shipped twice, as long as both have the same data folder (--data); the shipper that
runs on it does the work, where one does. After an end in between the same command goes on
where it stopped.

With --stdin it ships what a program writes to a pipe, and ends once Kafka has all of it.

With --status it tells how far each file is shipped.`,
		Example: `  foghorn ship --config /etc/foghorn/foghorn.yml
  foghorn ship --backfill '/var/log/nginx/access.log*'
  make 2>&1 | foghorn ship --stdin --name build
  foghorn ship --status`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(o.backfill) == 0 && len(args) > 0 {
				return fmt.Errorf("unexpected argument %q", args[0])
			}
			o.backfill = append(o.backfill, args...) // the shell has expanded a glob
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.load(cmd)
			if err != nil {
				return err
			}
			switch {
			case o.stdin:
				return o.shipStdin(cmd.Context(), cfg)
			case len(o.backfill) > 0:
				return o.shipOld(cmd.Context(), cfg, cmd.ErrOrStderr())
			case o.status:
				return control.WriteStatus(cmd.Context(), cmd.OutOrStdout(), filepath.Join(cfg.Data, "ship"), o.json)
			}
			return runRole(cmd.Context(), "ship", o.config, cfg)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "foghorn.yml", "the configuration `file`")
	f.BoolVar(&o.stdin, "stdin", false, "ship standard input to its end")
	f.StringVar(&o.name, "name", "stdin", "with --stdin: the `name` of what writes it, which is the service too")
	f.StringArrayVar(&o.backfill, "backfill", nil, "ship the old files that a path or `glob` names, and end (may be repeated)")
	f.BoolVar(&o.status, "status", false, "tell how far each file is shipped")
	f.BoolVar(&o.json, "json", false, "with --status: as JSON")
	f.StringVar(&o.data, "data", "", "with --backfill, --stdin and --status: the `folder` of the data, before the configuration's")
	f.StringSliceVar(&o.brokers, "brokers", nil, "with --backfill and --stdin: Kafka's `host:port`, before the configuration's")
	cmd.MarkFlagsMutuallyExclusive("stdin", "backfill", "status")
	return cmd
}

// load reads the configuration; what ends by itself does without a file where there is none.
func (o *shipOptions) load(cmd *cobra.Command) (config.Config, error) {
	if cmd.Flags().Changed("name") && !o.stdin {
		return config.Config{}, errors.New("--name goes with --stdin")
	}
	if o.json && !o.status {
		return config.Config{}, errors.New("--json goes with --status")
	}
	cfg, err := config.Load(o.config)
	once := o.stdin || o.status || len(o.backfill) > 0
	if errors.Is(err, fs.ErrNotExist) && once && !cmd.Flags().Changed("config") {
		cfg, err = config.Default(), nil
	}
	if err != nil {
		return cfg, err
	}
	if !once && (o.data != "" || o.brokers != nil) {
		return cfg, errors.New("--data and --brokers go with --backfill, --stdin and --status; the role has them in its configuration")
	}
	if o.data != "" {
		cfg.Data = o.data
	}
	if o.brokers != nil {
		cfg.Kafka.Brokers = o.brokers
	}
	cfg.Data, err = filepath.Abs(cfg.Data)
	return cfg, err
}

// shipOld ships old files: through the shipper that runs on the data folder, or alone.
func (o *shipOptions) shipOld(ctx context.Context, cfg config.Config, out io.Writer) error {
	log := newLogger(cfg.Log)
	if cfg.Log.Format == "auto" {
		log = log.Level(zerolog.WarnLevel) // the progress says the rest
	}
	n, err := newNode(cfg, log)
	if err != nil {
		return err
	}
	defer n.client.Close()
	return control.Backfill(ctx, control.BackfillConfig{
		Shipper: n.shipperConfig(), Log: log, Globs: o.backfill, Out: out,
		Sink: func() (pipeline.Sink, error) {
			return n.sink(), n.findTopics(ctx)
		},
	})
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
	qc := spool.DefaultConfig(filepath.Join(cfg.Data, "ship", "stdin-"+url.PathEscape(o.name)))
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
		{Name: "spool", Run: func(ctx context.Context) error {
			if err := n.findTopics(ctx); err != nil {
				return err
			}
			return queue.Run(ctx, sink)
		}},
	}}
	if err := group.Run(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("stopped before the end of the input; what was read is kept, and sent by the next start with this --name")
	}
	return nil
}

// findTopics is ensureTopics for commands that end by themselves: topics that are there are
// taken as they are, whatever the configuration says of them.
func (n *node) findTopics(ctx context.Context) error {
	if have, err := n.client.Find(ctx, pipeline.TopicRaw); err != nil || have > 0 {
		return err
	}
	return n.ensureTopics(ctx)
}
