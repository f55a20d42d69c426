package config

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"foghorn/pipeline/yamldoc"
	"foghorn/shipper"
	"foghorn/shipper/discover"
	"foghorn/shipper/intake"
	"foghorn/shipper/journal"
	"foghorn/shipper/labels"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
	"foghorn/shipper/syslog"
)

// ShipConfig is the role ship: which files to follow, and what else to take lines from.
type ShipConfig struct {
	Host         string               `yaml:"host"` // empty: the machine's name
	Paths        []string             `yaml:"paths"`
	Files        []shipper.FileConfig `yaml:"files"` // with settings of their own; the first that matches decides
	Exclude      []string             `yaml:"exclude"`
	Labels       map[string]string    `yaml:"labels"`    // of every line, whatever its source
	Redact       []redact.Rule        `yaml:"redact"`    // on every line, whatever its source
	Multiline    multiline.Config     `yaml:"multiline"` // of files
	LineLimit    yamldoc.Bytes        `yaml:"line_limit"`
	Memory       yamldoc.Bytes        `yaml:"memory"`
	ScanInterval yamldoc.Duration     `yaml:"scan_interval"`
	Linger       yamldoc.Duration     `yaml:"linger"`
	Syslog       SyslogConfig         `yaml:"syslog"`
	Journal      JournalConfig        `yaml:"journal"`
	Intake       IntakeConfig         `yaml:"intake"`
	Spool        SpoolConfig          `yaml:"spool"`
	Listen       string               `yaml:"listen"`
}

// TLSConfig names the PEM files of a server; without them it speaks no TLS.
type TLSConfig struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// ClientCA, if set: only clients with a certificate of it are taken.
	ClientCA string `yaml:"client_ca"`
}

// SyslogConfig says where syslog messages are received; nowhere when all are empty.
type SyslogConfig struct {
	UDP     string            `yaml:"udp"`
	TCP     string            `yaml:"tcp"`
	TLS     string            `yaml:"tls"`
	Files   TLSConfig         `yaml:"tls_files"`
	Labels  map[string]string `yaml:"labels"`
	Format  string            `yaml:"format"`
	Zone    string            `yaml:"zone"`
	Sources int               `yaml:"max_sources"`
}

// JournalConfig is about the systemd journal.
type JournalConfig struct {
	Enabled   bool              `yaml:"enabled"`
	Directory string            `yaml:"directory"` // empty: the system's
	Namespace string            `yaml:"namespace"`
	Units     []string          `yaml:"units"` // none: all
	Labels    map[string]string `yaml:"labels"`
}

// IntakeConfig is about lines that agents send over HTTP (OTLP, Loki push, _bulk).
type IntakeConfig struct {
	Listen    string            `yaml:"listen"`     // empty: none
	TokenFile string            `yaml:"token_file"` // a secret that every sender must show
	TLS       TLSConfig         `yaml:"tls"`
	Labels    map[string]string `yaml:"labels"`
	MaxBody   yamldoc.Bytes     `yaml:"max_body"`
}

// SpoolConfig bounds the queue on disk of sources that cannot be read again.
type SpoolConfig struct {
	Size yamldoc.Bytes `yaml:"size"`
	// Sync: what was taken is on the medium before its sender is told so.
	Sync bool `yaml:"sync"`
}

func defaultShip() ShipConfig {
	return ShipConfig{
		Multiline: multiline.DefaultConfig(),
		LineLimit: 1 << 20, Memory: 64_000_000,
		ScanInterval: yamldoc.Duration(time.Second), Linger: yamldoc.Duration(50 * time.Millisecond),
		Syslog: SyslogConfig{Sources: syslog.DefaultConfig().MaxSources},
		Intake: IntakeConfig{MaxBody: yamldoc.Bytes(intake.DefaultConfig().MaxBody)},
		Spool:  SpoolConfig{Size: 1 << 30, Sync: true},
		Listen: "127.0.0.1:8515",
	}
}

// Spools says whether lines come from elsewhere than files.
func (c *ShipConfig) Spools() bool {
	return c.Syslog.UDP+c.Syslog.TCP+c.Syslog.TLS != "" || c.Journal.Enabled || c.Intake.Listen != ""
}

// FilesNamed says whether there are files to follow.
func (c *ShipConfig) FilesNamed() bool { return len(c.Paths)+len(c.Files) > 0 }

// Receiver returns the settings of package syslog.
func (c *SyslogConfig) Receiver() syslog.Config {
	s := syslog.DefaultConfig()
	s.UDP, s.TCP, s.TLS = c.UDP, c.TCP, c.TLS
	s.Cert, s.Key, s.ClientCA = c.Files.Cert, c.Files.Key, c.Files.ClientCA
	s.Labels, s.Format, s.Zone, s.MaxSources = c.Labels, c.Format, c.Zone, c.Sources
	return s
}

// Reader returns the settings of package journal.
func (c *JournalConfig) Reader(host string) journal.Config {
	j := journal.DefaultConfig(host)
	j.Directory, j.Namespace, j.Units, j.Labels = c.Directory, c.Namespace, c.Units, c.Labels
	return j
}

// maxBody is the largest ship.intake.max_body: some requests are in memory at a time.
const maxBody = 64 << 20

// Server returns the settings of package intake. What bounds a request beside its body
// grows with that.
func (c *IntakeConfig) Server() intake.Config {
	s := intake.DefaultConfig()
	n := max(1, (min(int64(c.MaxBody), maxBody)+s.MaxBody-1)/s.MaxBody)
	s.MaxCompressed, s.MaxExpanded, s.MaxLines = n*s.MaxCompressed, n*s.MaxExpanded, int(n)*s.MaxLines
	s.Listen, s.TokenFile = c.Listen, c.TokenFile
	s.CertFile, s.KeyFile, s.ClientCAFile = c.TLS.Cert, c.TLS.Key, c.TLS.ClientCA
	s.MaxBody = int64(c.MaxBody)
	return s
}

// check judges the meaning of the values.
func (c *ShipConfig) check(bad func(path, format string, args ...any)) {
	for i, p := range c.Paths {
		if !filepath.IsAbs(p) {
			bad("ship.paths["+strconv.Itoa(i)+"]", "expected an absolute path or glob, found %q", p)
		} else if err := discover.Check(p); err != nil {
			bad("ship.paths["+strconv.Itoa(i)+"]", "%v", err)
		}
	}
	for i, p := range c.Exclude {
		if err := discover.CheckExclude(p); err != nil {
			bad("ship.exclude["+strconv.Itoa(i)+"]", "%v", err)
		}
	}
	for i := range c.Files {
		inside(bad, "ship.files["+strconv.Itoa(i)+"].", c.Files[i].Validate())
	}
	for i := range c.Redact {
		inside(bad, "ship.redact["+strconv.Itoa(i)+"].", c.Redact[i].Validate())
	}
	inside(bad, "ship.multiline.", c.Multiline.Validate())
	for path, set := range map[string]map[string]string{
		"ship.labels": c.Labels, "ship.syslog.labels": c.Syslog.Labels,
		"ship.journal.labels": c.Journal.Labels, "ship.intake.labels": c.Intake.Labels,
	} {
		if err := labels.Check(set); err != nil {
			bad(path, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	if strings.ContainsAny(c.Host, ": \t\n/") {
		bad("ship.host", "expected a host name, found %q", c.Host)
	}
	within(bad, "ship.line_limit", int64(c.LineLimit), 1<<10, 1<<20)
	within(bad, "ship.memory", int64(c.Memory), 4<<20, 16<<30)
	within(bad, "ship.scan_interval", int64(c.ScanInterval), int64(10*time.Millisecond), int64(time.Hour))
	within(bad, "ship.linger", int64(c.Linger), 0, int64(10*time.Second))
	if s := c.Syslog.Receiver(); s.UDP+s.TCP+s.TLS != "" {
		inside(bad, "ship.syslog.", s.Validate())
	}
	if c.Journal.Enabled {
		j := c.Journal.Reader("host")
		inside(bad, "ship.journal.", j.Validate())
	}
	if c.Intake.Listen != "" {
		within(bad, "ship.intake.max_body", int64(c.Intake.MaxBody), 1<<10, maxBody)
		s := c.Intake.Server()
		s.MaxBody = min(max(s.MaxBody, 1<<10), maxBody) // told above
		inside(bad, "ship.intake.", s.Validate())
	}
	within(bad, "ship.spool.size", int64(c.Spool.Size), 16<<20, 1<<50)
}

// inside tells the faults of a part's own Validate, "key: what is wrong" each, as faults of
// this file.
func inside(bad func(path, format string, args ...any), prefix string, err error) {
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key, message, ok := strings.Cut(line, ": ")
		if !ok || strings.ContainsAny(key, " \t") {
			key, message = strings.TrimSuffix(prefix, "."), line
			bad(key, "%s", message)
			continue
		}
		bad(prefix+key, "%s", message)
	}
}
