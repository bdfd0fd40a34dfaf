// SPDX-License-Identifier: Apache-2.0
// Says that the token was wrong, when the server has sent the browser back here.

document.getElementById("wrong").hidden = location.search !== "?wrong";
