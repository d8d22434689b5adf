package alipay

import (
	"io"
	"net/http"

	"tongbao/internal/party"
)

// classic answers the old protocol, which names a service in place of a method.
func (s *Server) classic(w http.ResponseWriter, c *call, service string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	answer := "false"
	if service == "notify_verify" && s.opt.Notices != nil {
		partner, err := party.ParseID(c.sent.Get("partner"))
		if err == nil {
			if known, err := s.opt.Notices.Known(c.ctx, partner, c.sent.Get("notify_id")); err == nil && known {
				answer = "true"
			}
		}
	}
	io.WriteString(w, answer)
}
