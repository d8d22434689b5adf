package openapi

import "github.com/danielgtaylor/huma/v2"

func (s *Server) registerPayments(api huma.API) {}
