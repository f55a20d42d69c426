package intake

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"foghorn/shipper/secret"
)

// loadSecrets reads the token and the certificates for the first time.
func (s *Server) loadSecrets() (err error) {
	if s.cfg.TokenFile != "" {
		if s.token, err = secret.LoadToken(s.cfg.TokenFile); err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		s.secrets = append(s.secrets, s.token)
	}
	if s.cfg.CertFile != "" {
		if s.certs, err = secret.LoadCertificates(secret.Files{Cert: s.cfg.CertFile, Key: s.cfg.KeyFile, ClientCA: s.cfg.ClientCAFile}); err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		s.secrets = append(s.secrets, s.certs)
	}
	return nil
}

// allowed says whether a request shows the token: as a bearer, as the password of basic
// authentication, or as an API key, by itself or as "id:key" in base64 as Elasticsearch has
// them. Comparing takes the same time whatever is shown.
func (s *Server) allowed(r *http.Request) bool {
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
	return s.token.Is(shown)
}
