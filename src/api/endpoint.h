#pragma once

#include <string_view>
#include <vector>

#include "http/router.h"

namespace fairlead::api {

/// One documented answer of an endpoint. `schema` names a component of the OpenAPI document; empty: no JSON.
struct Reply {
  int status = 200;
  std::string_view description;
  std::string_view schema;
  std::string_view media = "application/json";
};

/// A route with its documentation. The router, the OpenAPI document and the tests that enumerate routes are all made
/// from one list of these, so they cannot disagree.
struct Endpoint {
  http::Route route;
  std::string_view id;  ///< operationId
  std::string_view tag;
  std::string_view summary;
  std::vector<std::string_view> parameters;  ///< Of the query, by name; parameters.h lists them all.
  std::string_view body;                     ///< Component of the request's body; empty: none.
  std::vector<std::string_view> body_media = {"application/json"};
  std::vector<Reply> replies;  ///< Beside the errors that every route of its kind can answer.
};

using Endpoints = std::vector<Endpoint>;

}  // namespace fairlead::api
