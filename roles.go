package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"foghorn/deployments/config"
	"foghorn/indexer"
	"foghorn/indexer/api"
	"foghorn/pipeline"
	"foghorn/pipeline/catalog"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/ops"
	"foghorn/pipeline/parse"
	"foghorn/pipeline/pattern"
	"foghorn/rules"
	"foghorn/rules/alert"
	"foghorn/rules/file"
	"foghorn/rules/match"
	"foghorn/rules/packs"
	"foghorn/rules/window"
)

// The consumer groups.
const (
	groupProcess = "foghorn-process" // stage 1, logs.raw
	groupRules   = "foghorn-rules"   // stage 2, logs.matches
	groupAlert   = "foghorn-alert"   // anomalies
)

// node is what all roles of one process share: settings, log, metrics, the connection.
type node struct {
	cfg      config.Config
	file     string // that cfg is of; empty: none
	log      zerolog.Logger
	reg      *prometheus.Registry
	client   *kafka.Client
	stages   *ops.StageMetrics
	board    *catalog.Board // what is known of templates
	ensuring chan struct{}  // holds one while a part asks for the topics
	topics   atomic.Bool    // the topics are there and right
	// keepMatches is how long logs.matches is kept: as far back as a restart reads it.
	keepMatches time.Duration
}

func newNode(cfg config.Config, log zerolog.Logger) (*node, error) {
	n := &node{cfg: cfg, log: log, reg: prometheus.NewRegistry(), ensuring: make(chan struct{}, 1), keepMatches: 24 * time.Hour}
	n.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	kc := kafka.DefaultConfig()
	kc.Brokers, kc.ClientID, kc.FetchBytes = cfg.Kafka.Brokers, cfg.Kafka.ClientID, int(cfg.Kafka.MaxFetch)
	var err error
	if n.client, err = kafka.New(kc, log); err != nil {
		return nil, err
	}
	if err := n.reg.Register(n.client.Collector()); err != nil {
		return nil, err
	}
	n.board = catalog.NewBoard(cfg.Process.Templates.Catalog(), n.client, log)
	if err := n.reg.Register(n.board.Collector()); err != nil {
		return nil, err
	}
	n.stages, err = ops.NewStageMetrics(n.reg)
	return n, err
}

func (n *node) component(name string) zerolog.Logger {
	return n.log.With().Str("component", name).Logger()
}

func (n *node) sink() *kafka.Sink {
	sc := kafka.DefaultSinkConfig()
	sc.Compression, sc.MaxBatchBytes = n.cfg.Kafka.Compression, int(n.cfg.Kafka.MaxBatch)
	return n.client.Sink(sc)
}

func (n *node) group(name string, topic string) *kafka.Group {
	gc := kafka.DefaultGroupConfig()
	gc.Group, gc.Topics = name, []string{topic}
	return n.client.Group(gc)
}

// ensureTopics makes and checks the topics; it waits for absent brokers until ctx ends.
func (n *node) ensureTopics(ctx context.Context) error {
	select {
	case n.ensuring <- struct{}{}:
		defer func() { <-n.ensuring }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if n.topics.Load() || ctx.Err() != nil {
		return ctx.Err()
	}
	specs := pipeline.Topics(n.cfg.Kafka.Partitions, n.keepMatches)
	if err := n.client.EnsureTopics(ctx, specs, n.cfg.Kafka.Replication); err != nil {
		return err
	}
	n.topics.Store(true)
	return nil
}

// onBus makes a component that waits for the topics before it runs.
func (n *node) onBus(name string, run func(context.Context) error) ops.Component {
	return ops.Component{Name: name, Run: func(ctx context.Context) error {
		if err := n.ensureTopics(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		return run(ctx)
	}}
}

// ready returns nil once the topics are there and every part says that it works.
func (n *node) ready(parts ...func() error) error {
	if !n.topics.Load() {
		return errors.New("waiting for Kafka at " + fmt.Sprint(n.cfg.Kafka.Brokers))
	}
	for _, ready := range parts {
		if err := ready(); err != nil {
			return err
		}
	}
	return nil
}

// operate is the metrics and health server of a role.
func (n *node) operate(listen string, parts ...func() error) ops.Component {
	return ops.Component{Name: "ops", Run: ops.New(ops.Config{
		Listen: listen, Gatherer: n.reg, Ready: func() error { return n.ready(parts...) },
	}).Run}
}

// process is the role process: stage 1 (parse, match) and stage 2 (windows) of the rules.
func (n *node) process() ([]ops.Component, error) {
	patterns, err := file.LoadPatterns(n.cfg.Rules.Dir)
	if err != nil {
		return nil, err
	}
	formats := pattern.NewLive(patterns)
	watcher, live, err := n.rules(formats)
	if err != nil {
		return nil, err
	}
	location, err := time.LoadLocation(n.cfg.Process.TimeZone)
	if err != nil {
		return nil, err
	}
	stats, err := parse.NewStats(n.reg)
	if err != nil {
		return nil, err
	}
	windows, err := window.NewMetrics(n.reg)
	if err != nil {
		return nil, err
	}
	sink := n.sink()
	lateness := time.Duration(n.cfg.Process.Lateness)
	mining := n.cfg.Process.Templates.Catalog()
	mc := match.DefaultConfig()
	mc.Partitions, mc.Lateness = n.cfg.Kafka.Partitions, lateness
	stage1 := func(_ string, partition int) (pipeline.Stage, error) {
		return parse.NewStage(parse.StageConfig{
			Parse: parse.Config{Location: location, Patterns: formats}, Stats: stats,
			Matcher: func(p int) parse.Matcher { return match.New(mc, p, live) },
			Miner:   func(p int) parse.Miner { return catalog.NewRecorder(mining, n.board, p) },
		}, partition), nil
	}
	wc := window.DefaultConfig()
	wc.Lateness = lateness
	n.keepMatches = max(n.keepMatches, window.Reach(live.Load(), lateness))
	stage2 := func(_ string, partition int) (pipeline.Stage, error) {
		wc := wc
		wc.Observe = windows.Observer()
		return window.NewStage(wc, partition, live, window.ReadBack(n.client.Open)), nil
	}
	parts := []ops.Component{
		n.onBus("parse", n.runner("parse", groupProcess, pipeline.TopicRaw, stage1, sink).Run),
		n.onBus("rules", n.runner("rules", groupRules, pipeline.TopicMatches, stage2, sink).Run),
	}
	if watcher != nil {
		parts = append(parts, ops.Component{Name: "rule files", Run: watcher.Run})
	}
	return parts, nil
}

// rules loads the rules that are live from the start; the watcher, nil without a folder
// of one's own, swaps them, and the patterns, when their files change.
func (n *node) rules(formats *pattern.Live) (*file.Watcher, *rules.Live, error) {
	pack, err := rules.NewSet()
	if err != nil {
		return nil, nil, err
	}
	if n.cfg.Rules.Pack {
		if pack, err = packs.Load(); err != nil {
			return nil, nil, err
		}
	}
	set, err := file.LoadSet(n.cfg.Rules.Dir, pack)
	if err != nil {
		return nil, nil, err
	}
	live := rules.NewLive(set)
	n.log.Info().Int("rules", len(set.Rules())).Msg("rules loaded")
	if n.cfg.Rules.Dir == "" {
		return nil, live, nil
	}
	wc := file.DefaultWatchConfig(n.cfg.Rules.Dir)
	wc.Patterns = formats
	return file.NewWatcher(wc, pack, live, n.log), live, nil
}

func (n *node) runner(name, group, topic string, stage func(string, int) (pipeline.Stage, error), sink pipeline.Sink) *pipeline.Runner {
	return pipeline.NewRunner(pipeline.RunnerConfig{
		Name: name, NewStage: stage, Log: n.component(name), Observe: n.stages.Observe(name),
	}, n.group(group, topic), sink)
}

// alert is the role alert: anomalies to people and tools.
func (n *node) alert() ([]ops.Component, error) {
	ac := alert.DefaultConfig()
	ac.Receivers = n.cfg.Alert.Receivers
	a, err := alert.New(ac, n.group(groupAlert, pipeline.TopicAnomalies), n.component("alert"), n.reg)
	if err != nil {
		return nil, err
	}
	return []ops.Component{n.onBus("alert", a.Run)}, nil
}

// templates follows what all processors know of templates: once per process, for stage 1
// and for the API.
func (n *node) templates() ops.Component { return n.onBus("templates", n.board.Run) }

// index is the role index: the store and the API in front of it.
type index struct {
	indexer  *indexer.Indexer
	listener net.Listener // of the API
	parts    []ops.Component
}

// index makes the role index; its /readyz speaks for other parts of the process too.
func (n *node) index(parts ...func() error) (*index, error) {
	c, ic := n.cfg.Index, indexer.DefaultConfig(filepath.Join(n.cfg.Data, "index"))
	ic.Store.SegmentAge = time.Duration(c.SealAge)
	var err error
	if ic.Store.Retention, err = c.Retention.Store(); err != nil {
		return nil, err
	}
	ic.Search.Budget, ic.Search.Concurrent = time.Duration(c.Timeout), c.Concurrent
	x, err := indexer.New(ic, indexer.Deps{
		Bus: n.client, Sink: n.sink(), RawLag: n.rawLag, Log: n.component("indexer"), Metrics: n.reg,
	})
	if err != nil {
		return nil, err
	}
	ac := api.DefaultConfig()
	ac.Listen, ac.Budget, ac.MaxSearches = c.Listen, time.Duration(c.Timeout), c.Concurrent
	server, err := api.New(ac, api.Deps{
		Searcher: x.Searcher(), Board: x.Board(), Templates: catalog.Desk{Board: n.board, Sink: n.sink()}, Gatherer: n.reg, Log: n.component("api"),
		Ready: func() error { return errors.Join(n.ready(parts...), x.Ready()) },
	})
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the API: %w", err), x.Close())
	}
	serve := func(ctx context.Context) error { return server.Serve(ctx, l) }
	ix := &index{indexer: x, listener: l, parts: []ops.Component{n.onBus("indexer", x.Run), {Name: "api", Run: serve}}}
	if n.file != "" {
		ix.parts = append(ix.parts, ops.Component{Name: "retention", Run: config.NewWatcher(n.file, ix.retain, n.log).Run})
	}
	return ix, nil
}

// retain takes what a changed configuration says of retention.
func (ix *index) retain(c config.Config) error {
	r, err := c.Index.Retention.Store()
	if err != nil {
		return err
	}
	return ix.indexer.SetRetention(r)
}

func (ix *index) close() error { return ix.indexer.Close() }

// rawLag returns how many records of each partition of logs.raw wait to be parsed.
func (n *node) rawLag(ctx context.Context) (map[int]int64, error) {
	ends, err := n.client.Ends(ctx, pipeline.TopicRaw)
	if err != nil {
		return nil, err
	}
	done, err := n.client.Committed(ctx, groupProcess, pipeline.TopicRaw)
	if err != nil {
		return nil, err
	}
	lag := make(map[int]int64, len(ends))
	for p, r := range ends {
		lag[p] = r.High - max(done[p], r.Low)
	}
	return lag, nil
}

// roleCommand is the command of one role against kafka.brokers.
func roleCommand(role string) *cobra.Command {
	short := map[string]string{
		"process": "Parse lines, match rules, decide on anomalies",
		"index":   "Make every line searchable, and serve the search API",
		"alert":   "Tell Alertmanager and webhooks about anomalies",
	}
	var configFile string
	cmd := &cobra.Command{
		Use:   role + " --config foghorn.yml",
		Short: short[role],
		Long: short[role] + `.

Runs until it gets SIGINT or SIGTERM, and then stops after what it has in hand. While Kafka
is away it waits, says so, and goes on when it is back.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(configFile)
			if err != nil {
				return err
			}
			return runRole(cmd.Context(), role, configFile, cfg)
		},
	}
	cmd.Flags().StringVar(&configFile, "config", "foghorn.yml", "the configuration `file`")
	return cmd
}

// limitMemory sets how the garbage collector trades memory for CPU time. What GOGC and
// GOMEMLIMIT in the environment say stays.
func limitMemory(c config.MemoryConfig, log zerolog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(c.GC)
	}
	provider := memlimit.Limit(uint64(c.Limit))
	ratio := 1.0
	if c.Limit == 0 { // in a container the collector works harder before the limit ends the process
		provider, ratio = memlimit.FromCgroup, 0.9
	}
	if _, err := memlimit.Set(memlimit.WithRatio(ratio), memlimit.WithProvider(provider)); err != nil {
		log.Debug().Err(err).Msg("no memory limit is set")
	}
}

func runRole(ctx context.Context, role, file string, cfg config.Config) (err error) {
	n, err := newNode(cfg, newLogger(cfg.Log))
	if err != nil {
		return err
	}
	defer n.client.Close()
	n.file = file
	limitMemory(cfg.Memory, n.log)
	var parts []ops.Component
	switch role {
	case "ship":
		if err := checkSources(&cfg.Ship); err != nil {
			return err
		}
		var s *shipping
		if s, err = n.ship(); err == nil {
			defer func() { err = errors.Join(err, s.close()) }()
			parts = append(s.parts, n.operate(cfg.Ship.Listen, s.ready...))
		}
	case "process":
		parts, err = n.process()
		parts = append(parts, n.templates(), n.operate(cfg.Process.Listen))
	case "index":
		var ix *index
		if ix, err = n.index(); err == nil {
			defer func() { err = errors.Join(err, ix.close()) }()
			parts = append(ix.parts, n.templates())
		}
	case "alert":
		parts, err = n.alert()
		parts = append(parts, n.operate(cfg.Alert.Listen))
	}
	if err != nil {
		return err
	}
	n.log.Info().Str("role", role).Strs("brokers", cfg.Kafka.Brokers).Str("version", version).Msg("started")
	group := ops.Group{Components: parts}
	if err := group.Run(ctx); err != nil {
		return err
	}
	n.log.Info().Str("role", role).Msg("stopped")
	return nil
}
