package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"foghorn/deployments/demo"
)

// Corpus is the lines that one log file is made of.
type Corpus struct {
	Name  string
	Lines [][]byte // without line feeds
	// Once says that the lines are written once and unchanged; those of other corpora
	// are repeated, each with a number of its own.
	Once bool
}

// SSHD is the name of the corpus that is written once: sshd's log, whose anomalies
// BruteForce knows.
const SSHD = "OpenSSH"

// Line returns line i of the file: the corpus over and over, each line with its number at
// the end (before a carriage return), unless the corpus is written once.
func (c *Corpus) Line(i int) []byte {
	line := c.Lines[i%len(c.Lines)]
	if c.Once {
		return line
	}
	cr := bytes.HasSuffix(line, []byte{'\r'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	out := fmt.Appendf(make([]byte, 0, len(line)+14), "%s seq=%d", line, i)
	if cr {
		out = append(out, '\r')
	}
	return out
}

// Corpora returns twenty corpora in order of name: those of the folder shared if it is
// there, else lines of the demonstration shop. real tells which.
func Corpora(shared string) (corpora []Corpus, real bool, err error) {
	if _, err := os.Stat(shared); errors.Is(err, os.ErrNotExist) {
		return shopCorpora(), false, nil
	}
	systems, err := filepath.Glob(filepath.Join(shared, "loghub2k", "*_2k.log"))
	if err != nil {
		return nil, false, fmt.Errorf("list corpora: %w", err)
	}
	for _, path := range systems {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, false, fmt.Errorf("read corpus: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(path), "_2k.log")
		corpora = append(corpora, Corpus{Name: name, Lines: split(text), Once: name == SSHD})
	}
	access, err := readGzip(filepath.Join(shared, "access", "nginx-shop-100k.log.gz"))
	if err != nil {
		return nil, false, err
	}
	corpora = append(corpora, Corpus{Name: "access", Lines: split(access)})
	brokers, err := brokerCorpora(filepath.Join(shared, "kafka-broker", "kafka-3-brokers.tar.gz"))
	if err != nil {
		return nil, false, err
	}
	corpora = append(corpora, brokers...)
	sort.Slice(corpora, func(i, j int) bool { return corpora[i].Name < corpora[j].Name })
	return corpora, true, nil
}

// brokerCorpora makes one corpus of each broker's server logs, with their stack traces.
func brokerCorpora(archive string) ([]Corpus, error) {
	text, err := readGzip(archive)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", archive, err)
		}
		if !strings.HasPrefix(filepath.Base(h.Name), "server.log") {
			continue
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", h.Name, archive, err)
		}
		files[h.Name] = body
	}
	var out []Corpus
	for _, broker := range []string{"kafka0", "kafka1", "kafka2"} {
		var names []string
		for name := range files {
			if strings.Contains(name, "/"+broker+"/") {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		c := Corpus{Name: broker}
		for _, name := range names {
			c.Lines = append(c.Lines, split(files[name])...)
		}
		if len(c.Lines) == 0 {
			return nil, fmt.Errorf("%s holds no server log of %s", archive, broker)
		}
		out = append(out, c)
	}
	return out, nil
}

// shopCorpora makes twenty corpora of the shop's services.
func shopCorpora() []Corpus {
	var out []Corpus
	for n := uint64(1); len(out) < 20; n++ {
		start := time.Date(2026, 1, 10, 6, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
		lines := map[string][][]byte{}
		for _, l := range demo.Generate(demo.Config{Seed: n, Start: start, Rate: 100}, 2*time.Minute) {
			lines[l.Service] = append(lines[l.Service], []byte(l.Text))
		}
		for _, s := range demo.Services() {
			if s == "auth" && n > 1 || len(out) == 20 {
				continue
			}
			c := Corpus{Name: fmt.Sprintf("%s-%d", s, n), Lines: lines[s]}
			if s == "auth" {
				c.Name, c.Once = SSHD, true
			}
			out = append(out, c)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func split(text []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
}

func readGzip(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}
