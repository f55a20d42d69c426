package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"sort"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foghorn/deployments/config"
	"foghorn/pipeline"
	"foghorn/pipeline/ops"
	"foghorn/shipper"
	"foghorn/shipper/control"
	"foghorn/shipper/intake"
	"foghorn/shipper/journal"
	"foghorn/shipper/redact"
	"foghorn/shipper/spool"
	"foghorn/shipper/syslog"
)

// shipping is the role ship: the files of this server, and what others send to it.
//
//	files ───────────────────────────► shipper ─┐
//	syslog, journal, HTTP intake ───► spool ────┴─► logs.raw
type shipping struct {
	files *shipper.Shipper // nil: none are named
	spool *spool.Queue     // nil: nothing else is taken
	// intake is where HTTP requests are taken, or "".
	intake string
	ready  []func() error
	parts  []ops.Component
}

// ship makes the role ship.
func (n *node) ship() (s *shipping, err error) {
	s = new(shipping)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	c := &n.cfg.Ship
	if c.FilesNamed() {
		if err := s.follow(n); err != nil {
			return s, err
		}
	}
	if !c.Spools() {
		return s, nil
	}
	redactor, err := redact.New(c.Redact)
	if err != nil {
		return s, err
	}
	if err := n.reg.Register(redactions{redactor}); err != nil {
		return s, err
	}
	if err := s.openSpool(n); err != nil {
		return s, err
	}
	// What feeds the spool stops before it.
	spooling := s.parts[len(s.parts)-1]
	s.parts = s.parts[:len(s.parts)-1]
	if c.Syslog.UDP+c.Syslog.TCP+c.Syslog.TLS != "" {
		err = errors.Join(err, s.receiveSyslog(n, redactor))
	}
	if c.Journal.Enabled {
		err = errors.Join(err, s.readJournal(n, redactor))
	}
	if c.Intake.Listen != "" {
		err = errors.Join(err, s.takeRequests(n, redactor))
	}
	s.parts = append(s.parts, spooling)
	return s, err
}

// shipperConfig is that of the files of this server.
func (n *node) shipperConfig() shipper.Config {
	c, d := &n.cfg.Ship, shipper.DefaultConfig()
	d.Paths, d.Files, d.Labels, d.DataDir = c.Paths, c.Files, c.Labels, n.shipFolder()
	d.Exclude = append(d.Exclude, c.Exclude...)
	d.Multiline, d.Redact = c.Multiline, c.Redact
	d.LineLimit, d.MaxMemory = int(c.LineLimit), int(c.Memory)
	d.ScanInterval, d.Linger = time.Duration(c.ScanInterval), time.Duration(c.Linger)
	d.Host = n.host()
	return d
}

// shipFolder is where the role ship keeps what it has to remember.
func (n *node) shipFolder() string { return filepath.Join(n.cfg.Data, "ship") }

// host is the name of this server in the source ids.
func (n *node) host() string {
	if h := n.cfg.Ship.Host; h != "" {
		return h
	}
	return shipper.DefaultConfig().Host
}

func (s *shipping) follow(n *node) (err error) {
	if s.files, err = shipper.New(n.shipperConfig(), n.sink(), n.log, n.reg); err != nil {
		return err
	}
	s.add(n.onBus("shipper", s.files.Run), s.files.Ready)
	s.add(ops.Component{Name: "control", Run: control.New(n.shipFolder(), s.files, n.log).Run}, nil)
	return nil
}

func (s *shipping) openSpool(n *node) (err error) {
	sc := spool.DefaultConfig(filepath.Join(n.shipFolder(), "spool"))
	sc.MaxBytes, sc.Sync, sc.Log = int64(n.cfg.Ship.Spool.Size), n.cfg.Ship.Spool.Sync, n.component("spool")
	if s.spool, err = spool.Open(sc); err != nil {
		return err
	}
	if err := s.spool.Register(n.reg); err != nil {
		return err
	}
	sink := n.sink()
	s.add(n.onBus("spool", func(ctx context.Context) error { return s.spool.Run(ctx, sink) }), s.spool.Ready)
	return nil
}

func (s *shipping) receiveSyslog(n *node, r *redact.Redactor) error {
	sc := n.cfg.Ship.Syslog.Receiver()
	sc.Labels, sc.Redact = joined(n.cfg.Ship.Labels, sc.Labels), r.Line
	server, err := syslog.New(sc, s.spool, n.log, n.reg)
	if err != nil {
		return err
	}
	s.add(ops.Component{Name: "syslog", Run: server.Run}, nil)
	return nil
}

func (s *shipping) readJournal(n *node, r *redact.Redactor) error {
	jc := n.cfg.Ship.Journal.Reader(n.host())
	jc.Labels, jc.Redact = joined(n.cfg.Ship.Labels, jc.Labels), r.Line
	reader, err := journal.New(jc, s.spool, n.log, n.reg)
	if err != nil {
		return err
	}
	s.add(ops.Component{Name: "journal", Run: reader.Run}, reader.Ready)
	return nil
}

func (s *shipping) takeRequests(n *node, r *redact.Redactor) error {
	ic := n.cfg.Ship.Intake.Server()
	for k, v := range joined(n.cfg.Ship.Labels, n.cfg.Ship.Intake.Labels) {
		ic.Labels = append(ic.Labels, pipeline.Attr{Key: k, Value: v})
	}
	sort.Slice(ic.Labels, func(i, j int) bool { return ic.Labels[i].Key < ic.Labels[j].Key })
	if len(n.cfg.Ship.Redact) > 0 {
		ic.Redact = r.Line
	}
	server, err := intake.New(ic, s.spool, n.log, n.reg)
	if err != nil {
		return err
	}
	s.intake = server.Addr()
	s.add(ops.Component{Name: "intake", Run: server.Run}, nil)
	return nil
}

func (s *shipping) add(c ops.Component, ready func() error) {
	s.parts = append(s.parts, c)
	if ready != nil {
		s.ready = append(s.ready, ready)
	}
}

// status tells how far the files are; zero when there are none.
func (s *shipping) status() shipper.Status {
	if s.files == nil {
		return shipper.Status{}
	}
	return s.files.Status()
}

// lines is how many lines were acknowledged, whatever their source.
func (s *shipping) lines() int64 {
	n := s.status().Lines
	if s.spool != nil {
		n += s.spool.Stats().AckedLines
	}
	return n
}

func (s *shipping) close() error {
	if s.spool == nil {
		return nil
	}
	return s.spool.Close()
}

// joined returns the labels of all lines and those of one source, which go before them.
func joined(all, own map[string]string) map[string]string {
	out := maps.Clone(all)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, own)
	return out
}

// errNoSource says that the role ship has nothing to do.
var errNoSource = errors.New("ship: expected paths or files to follow, or syslog, journal or intake to take lines from")

func checkSources(c *config.ShipConfig) error {
	if !c.FilesNamed() && !c.Spools() {
		return errNoSource
	}
	return nil
}

// redactions counts what was taken out of lines that are no file's.
type redactions struct{ r *redact.Redactor }

var redactionsDesc = prometheus.NewDesc("foghorn_spool_redactions_total", "Finds that were taken out of lines on their way to the spool, by rule.", []string{"rule"}, nil)

// Describe implements prometheus.Collector.
func (redactions) Describe(ch chan<- *prometheus.Desc) { ch <- redactionsDesc }

// Collect implements prometheus.Collector.
func (c redactions) Collect(ch chan<- prometheus.Metric) {
	sum := map[string]int64{}
	for _, n := range c.r.Counts() {
		sum[n.Rule] += n.Found
	}
	for rule, n := range sum {
		ch <- prometheus.MustNewConstMetric(redactionsDesc, prometheus.CounterValue, float64(n), rule)
	}
}
