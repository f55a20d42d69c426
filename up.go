package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"foghorn/deployments/config"
	"foghorn/deployments/demo"
	"foghorn/pipeline"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/pipeline/ops"
)

const defaultKafka = "127.0.0.1:9092"

// upOptions are what `foghorn up` adds to a configuration.
type upOptions struct {
	config, data, rules, listen, kafka, intake string
	logs                                       []string
	demo, quiet, fsync                         bool
}

func upCommand() *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up [--logs GLOB]...",
		Short: "Run everything in one process, with an embedded Kafka",
		Long: `Run shipper, pipeline, indexer, search API and alerting in one process, with an embedded
Kafka that keeps its data on disk. Ctrl-C drains and stops; the next start goes on where
this one stopped.`,
		Example: `  foghorn up --logs '/var/log/**'
  foghorn up --logs '/srv/app/*.log' --rules ./my-rules --data ./data
  foghorn up --demo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.settings(cmd)
			if err != nil {
				return err
			}
			return up(cmd.Context(), cfg, o, cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "", "a configuration `file`; the flags below go before it")
	f.StringArrayVar(&o.logs, "logs", nil, "files to follow: a path or `glob`, ** is any depth (may be repeated)")
	f.StringVar(&o.rules, "rules", "", "a `folder` with rules of your own, besides those that ship with the program")
	f.StringVar(&o.data, "data", "", "the `folder` for all data (default "+config.DefaultData()+")")
	f.StringVar(&o.listen, "listen", config.DefaultListen, "`host:port` of the search API")
	f.StringVar(&o.kafka, "kafka-listen", defaultKafka, "`host:port` of the embedded Kafka; another port is taken when the default is in use")
	f.StringVar(&o.intake, "intake", "", "`host:port` where agents may send lines over HTTP: OTLP, Loki push, Elasticsearch _bulk, plain text")
	f.BoolVar(&o.demo, "demo", false, "follow a small shop that breaks after half a minute, instead of --logs")
	f.BoolVar(&o.fsync, "fsync", false, "let Kafka write every batch to the disk before it counts: nothing is lost when the power fails, for less than half the speed")
	f.BoolVar(&o.quiet, "quiet", false, "print no progress")
	return cmd
}

// settings joins file, flags and what `up` fixes itself.
func (o *upOptions) settings(cmd *cobra.Command) (config.Config, error) {
	cfg := config.DefaultUp()
	if o.config != "" {
		var err error
		if cfg, err = config.LoadOver(cfg, o.config); err != nil {
			return cfg, err
		}
	}
	cfg.Kafka.Replication = 1
	if cmd.Flags().Changed("listen") || o.config == "" {
		cfg.Index.Listen = o.listen
	}
	if o.data != "" {
		cfg.Data = o.data
	}
	if o.rules != "" {
		cfg.Rules.Dir = o.rules
	}
	data, err := filepath.Abs(cfg.Data)
	if err != nil {
		return cfg, err
	}
	cfg.Data = data
	if o.demo {
		cfg.Ship.Paths = []string{filepath.Join(data, "shop", "*.log")}
		cfg.Ship.Host = "shop"
	}
	if len(o.logs) > 0 {
		cfg.Ship.Paths, cfg.Ship.Files = nil, nil
	}
	if o.intake != "" {
		cfg.Ship.Intake.Listen = o.intake
	}
	for _, l := range o.logs {
		abs, err := filepath.Abs(l)
		if err != nil {
			return cfg, err
		}
		cfg.Ship.Paths = append(cfg.Ship.Paths, abs)
	}
	if checkSources(&cfg.Ship) != nil {
		return cfg, errors.New("nothing to follow: give --logs GLOB, --intake HOST:PORT, --demo, or a source under ship in --config")
	}
	// Our own data is never a log to follow.
	cfg.Ship.Exclude = append(cfg.Ship.Exclude, filepath.Join(data, "kafka", "**"), filepath.Join(data, "index", "**"), filepath.Join(data, "ship", "**"))
	return cfg, nil
}

func up(ctx context.Context, cfg config.Config, o upOptions, out io.Writer) error {
	log := newLogger(cfg.Log)
	if o.config == "" && cfg.Log.Format == "auto" && isTerminal(os.Stderr) {
		log = log.Level(zerolog.WarnLevel) // the progress says the rest
	}
	limitMemory(cfg.Memory, log)
	broker, err := startBroker(cfg.Data, o.kafka, o.fsync)
	if err != nil {
		return err
	}
	cfg.Kafka.Brokers = []string{broker.Addr()}
	err = upOn(ctx, cfg, o, broker, log, out)
	return errors.Join(err, broker.Close())
}

// startBroker takes the default port if it is free, another one if not; a port that was
// asked for is a must.
func startBroker(data, listen string, fsync bool) (*embedded.Broker, error) {
	ec := embedded.DefaultConfig()
	ec.DataDir, ec.Listen, ec.SyncWrites = filepath.Join(data, "kafka"), listen, fsync
	broker, err := embedded.Start(ec)
	if errors.Is(err, syscall.EADDRINUSE) && listen == defaultKafka {
		ec.Listen = "127.0.0.1:0"
		broker, err = embedded.Start(ec)
	}
	if errors.Is(err, embedded.ErrLocked) {
		return nil, fmt.Errorf("another foghorn runs on the data folder %s: stop it, or give another --data", data)
	}
	return broker, err
}

func upOn(ctx context.Context, cfg config.Config, o upOptions, broker *embedded.Broker, log zerolog.Logger, out io.Writer) (err error) {
	n, err := newNode(cfg, log)
	if err != nil {
		return err
	}
	defer n.client.Close()
	n.file = o.config
	// Topics that are there stay as they are, whatever the configuration says of them.
	switch have, err := n.client.Find(ctx, pipeline.TopicRaw); {
	case err != nil:
		return err
	case have > 0:
		n.cfg.Kafka.Partitions = have
	}
	var parts []ops.Component // in the order of the flow: stopped from the source down
	if o.demo {
		dc := demo.DefaultConfig()
		dc.Dir, dc.Seed = filepath.Join(cfg.Data, "shop"), uint64(time.Now().UnixNano())
		shop, err := demo.New(dc)
		if err != nil {
			return err
		}
		parts = append(parts, ops.Component{Name: "demo", Run: shop.Run})
	}
	ship, err := n.ship()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ship.close()) }()
	processParts, err := n.process()
	if err != nil {
		return err
	}
	alertParts, err := n.alert()
	if err != nil {
		return err
	}
	// Without room nothing is lost: lines wait in their files and in the spool, and senders are
	// told to wait.
	room := ops.NewRoom(broker.Room, n.component("broker"))
	ix, err := n.index(append(ship.ready, room.Ready)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ix.close()) }()
	parts = append(parts, ship.parts...)
	parts = append(parts, processParts...)
	parts = append(parts, n.templates())
	parts = append(parts, ix.parts...)
	parts = append(parts, alertParts...)
	parts = append(parts, ops.Component{Name: "disk", Run: room.Run})
	if !o.quiet {
		p := &progress{out: out, terminal: out == os.Stderr && isTerminal(os.Stderr), cfg: cfg, ship: ship, index: ix, demo: o.demo}
		parts = append([]ops.Component{{Name: "progress", Run: p.run}}, parts...)
	}
	started := time.Now()
	group := ops.Group{Components: parts}
	err = group.Run(ctx)
	if err == nil && !o.quiet {
		fmt.Fprintf(out, "stopped after %s: %s lines shipped, nothing left in hand\n", time.Since(started).Round(time.Second), humanize.Comma(ship.lines()))
	}
	return err
}

func brokerCommand() *cobra.Command {
	var data, listen string
	var fsync bool
	cmd := &cobra.Command{
		Use:   "broker --data DIR",
		Short: "Run the embedded Kafka alone, for trials of the roles",
		Long: `Run the embedded Kafka alone: one node without replication, for trials of the roles on one
machine. For production use Apache Kafka.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if data == "" {
				return errors.New("--data DIR is needed")
			}
			ec := embedded.DefaultConfig()
			ec.DataDir, ec.Listen, ec.SyncWrites = data, listen, fsync
			broker, err := embedded.Start(ec)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "brokers="+broker.Addr())
			<-cmd.Context().Done()
			return broker.Close()
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "the `folder` of its log")
	cmd.Flags().StringVar(&listen, "listen", defaultKafka, "`host:port`")
	cmd.Flags().BoolVar(&fsync, "fsync", false, "write every batch to the disk before it counts")
	return cmd
}

// progress tells a person at the terminal how far the backlog is read and what to try.
type progress struct {
	out      io.Writer
	terminal bool
	cfg      config.Config
	ship     *shipping
	index    *index
	demo     bool
}

const (
	progressEvery = time.Second
	progressPlain = 10 // of them between two lines where there is no terminal
)

func (p *progress) run(ctx context.Context) error {
	p.greet()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	start, before, quiet := time.Now(), int64(-1), 0
	for i := 1; ; i++ {
		select {
		case <-ctx.Done():
			p.end()
			return nil
		case <-tick.C:
		}
		s, c := p.ship.status(), p.index.indexer.Searcher().Coverage()
		if before < 0 {
			before = c.Lines
		}
		rate := float64(c.Lines-before) / progressEvery.Seconds()
		before = c.Lines
		// What is left then is a last line that waits for its line feed.
		if quiet++; s.Files == 0 && p.ship.files != nil || s.Acked != s.Read || c.LagRecords != 0 || rate != 0 {
			quiet = 0
		}
		if quiet == 2 || p.demo && i > 3 {
			p.end()
			fmt.Fprintf(p.out, "caught up after %s: %s lines of %s files are searchable. New lines follow within a second; Ctrl-C stops.\n",
				time.Since(start).Round(time.Second), humanize.Comma(c.Lines), humanize.Comma(int64(len(c.Sources))))
			<-ctx.Done()
			return nil
		}
		p.say(i, fmt.Sprintf("read %s of %s in %d files, %s lines searchable, %s lines/s, %s to go",
			humanize.Bytes(uint64(s.Acked)), humanize.Bytes(uint64(s.Bytes)), s.Files, humanize.Comma(c.Lines), humanize.Comma(int64(rate)), humanize.Bytes(uint64(s.Lag()))))
	}
}

func (p *progress) greet() {
	server, api := "", p.index.listener.Addr().String()
	if api != config.DefaultListen {
		server = " --server http://" + api
	}
	self := os.Args[0]
	if !strings.Contains(self, "/") {
		self = "foghorn"
	}
	fmt.Fprintf(p.out, `Foghorn is up.
  search API  http://%s
  Kafka       %s
  data        %s
%sTry, in another terminal:
  %s grep -i error%s
  %s search 'level:>=warn'%s
  %s anomalies%s
`, api, p.cfg.Kafka.Brokers[0], p.cfg.Data, p.intake(), self, server, self, server, self, server)
	if p.demo {
		fmt.Fprintf(p.out, `The shop of the demonstration is healthy now. After half a minute its replication stops, then a
database refuses connections, then the video service answers "not found". Watch it:
  %s anomalies --follow%s
`, self, server)
	}
}

// intake is the line that tells where agents may send to, if there is such a place.
func (p *progress) intake() string {
	if p.ship.intake == "" {
		return ""
	}
	return fmt.Sprintf("  intake      http://%s  (OTLP, Loki push, _bulk, /api/v1/push)\n", p.ship.intake)
}

func (p *progress) say(i int, line string) {
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	} else if i%progressPlain == 0 {
		fmt.Fprintln(p.out, line)
	}
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
