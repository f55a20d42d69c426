package intake

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
)

// secrets are what stands in files that may change: the token, the certificates.
type secrets struct {
	now atomic.Pointer[secretSet]
}

// secretSet is what the files held at one time.
type secretSet struct {
	print  [sha256.Size]byte // of all the files
	token  [sha256.Size]byte
	cert   *tls.Certificate
	client *x509.CertPool
}

// maxSecret is the largest file that is taken for a token or certificates.
const maxSecret = 1 << 20

// load reads the files for the first time.
func (s *secrets) load(cfg *Config) error {
	_, err := s.refresh(cfg)
	return err
}

// refresh reads the files and says whether they have changed. With an error the old ones
// stay.
func (s *secrets) refresh(cfg *Config) (changed bool, err error) {
	var files [4][]byte
	print := sha256.New()
	for i, path := range []string{cfg.TokenFile, cfg.CertFile, cfg.KeyFile, cfg.ClientCAFile} {
		if path == "" {
			continue
		}
		what := []string{"token", "certificate", "key", "certificates of clients"}[i]
		info, err := os.Stat(path)
		if err != nil {
			return false, fmt.Errorf("intake: file with the %s: %w", what, err)
		}
		if info.Size() > maxSecret {
			return false, fmt.Errorf("intake: file with the %s: %s is larger than %d bytes", what, path, maxSecret)
		}
		if files[i], err = os.ReadFile(path); err != nil {
			return false, fmt.Errorf("intake: file with the %s: %w", what, err)
		}
		sum := sha256.Sum256(files[i])
		print.Write(sum[:])
	}
	set := &secretSet{}
	print.Sum(set.print[:0])
	if old := s.now.Load(); old != nil && old.print == set.print {
		return false, nil
	}
	if cfg.TokenFile != "" {
		token := bytes.TrimSpace(files[0])
		if len(token) == 0 {
			return false, fmt.Errorf("intake: file with the token: %s is empty", cfg.TokenFile)
		}
		set.token = sha256.Sum256(token)
	}
	if cfg.CertFile != "" {
		cert, err := tls.X509KeyPair(files[1], files[2])
		if err != nil {
			return false, fmt.Errorf("intake: certificate %s with key %s: %w", cfg.CertFile, cfg.KeyFile, err)
		}
		set.cert = &cert
	}
	if cfg.ClientCAFile != "" {
		set.client = x509.NewCertPool()
		if !set.client.AppendCertsFromPEM(files[3]) {
			return false, fmt.Errorf("intake: file with the certificates of clients: %s holds none in PEM", cfg.ClientCAFile)
		}
	}
	s.now.Store(set)
	return true, nil
}

// tls returns the configuration that each connection starts from.
func (s *secrets) tls() *tls.Config {
	base := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		set := s.now.Load()
		if set.cert == nil {
			return nil, errors.New("no certificate")
		}
		c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: base.NextProtos, Certificates: []tls.Certificate{*set.cert}}
		if set.client != nil {
			c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, set.client
		}
		return c, nil
	}
	return base
}

// allowed says whether a request shows the token: as a bearer, as the password of basic
// authentication, or as an API key, by itself or as "id:key" in base64 as Elasticsearch has
// them. Comparing takes the same time whatever is shown.
func (s *secrets) allowed(r *http.Request) bool {
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	shown = strings.TrimSpace(shown)
	switch strings.ToLower(scheme) {
	case "bearer":
	case "basic":
		_, shown, _ = r.BasicAuth()
	case "apikey":
		if decoded, err := base64.StdEncoding.DecodeString(shown); err == nil {
			if _, key, ok := strings.Cut(string(decoded), ":"); ok {
				shown = key
			}
		}
	default:
		return false
	}
	have, want := sha256.Sum256([]byte(shown)), s.now.Load().token
	return subtle.ConstantTimeCompare(have[:], want[:]) == 1
}
