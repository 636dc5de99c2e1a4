# A load-testing cluster: one master, some workers, gone by itself when its time is over.
#
#   1. Edit locust/locustfile.py, and set the number and size of the servers here.
#   2. terraform init && terraform apply
#   3. Open the address of the output `ui_url`: port 8089 of the master.
#   4. terraform destroy
#
# It costs money while it is up; the outputs say how much. Load only hosts that are yours.

variable "worker_count" {
  default     = 2
  type        = number
  description = "How many servers make load."
  validation {
    condition     = var.worker_count >= 0 && var.worker_count <= 50 && floor(var.worker_count) == var.worker_count
    error_message = "worker_count has to be a whole number from 0 to 50."
  }
}

variable "worker_instance_types" {
  default     = []
  type        = list(string)
  description = "Size of the workers. More than one is for use_spot, which takes what is to be had. Empty: c7a.medium, or c7g.medium if the package is for arm64."
  validation {
    condition     = alltrue([for type in var.worker_instance_types : can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", type))])
    error_message = "worker_instance_types has to be a list of types such as [\"c7a.medium\"]."
  }
}

variable "master_instance_type" {
  default     = null
  type        = string
  description = "Size of the master. It makes no load. Null: t3a.small, or t4g.small if the package is for arm64."
  validation {
    condition     = var.master_instance_type == null || can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.master_instance_type))
    error_message = "master_instance_type has to be a type such as \"t3a.small\"."
  }
}

variable "region" {
  default     = "us-east-1"
  type        = string
  description = "Where the servers stand. Prices are those of us-east-1, and others are often dearer: give yours with prices_usd_per_hour."
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region has to be the code of a region, such as \"eu-north-1\"."
  }
}

variable "ttl_hours" {
  default     = 4
  type        = number
  description = "Hours until everything ends by itself. There is no `never`; `lease` begins the time anew."
  validation {
    condition     = var.ttl_hours >= 0.5 && var.ttl_hours <= 24
    error_message = "ttl_hours has to be from 0.5 to 24: a cluster that is forgotten must end. To go on longer, renew it with -var lease=2."
  }
}

variable "target_hosts" {
  default     = []
  type        = list(string)
  description = "The hosts under test, yours to load: names, `*.name`, addresses or networks. Every node refuses to load others."
  validation {
    condition     = length(var.target_hosts) > 0
    error_message = "target_hosts is empty: name the hosts that may be loaded, such as [\"shop.example\"]. Load only what is yours."
  }
  validation {
    condition     = alltrue([for host in var.target_hosts : can(regex("^[A-Za-z0-9*][A-Za-z0-9.:*/_-]*$", host)) && !contains(["*", "0.0.0.0/0", "::/0"], host) && !strcontains(host, "://")])
    error_message = "target_hosts has to hold names, `*.name`, addresses or networks, without http:// and never everything: [\"shop.example\", \"*.api.example\"]."
  }
  validation {
    condition     = alltrue([for host in var.target_hosts : !can(regex("^[^:]*:[0-9]*$", host))])
    error_message = "target_hosts holds a host with a port. A host is allowed with all of its ports: give it without one, [\"shop.example\"], and the port in the URL of the test."
  }
  validation {
    condition     = alltrue([for host in var.target_hosts : !strcontains(host, "/") || strcontains(host, "://") || can(cidrhost(host, 0))])
    error_message = "target_hosts holds a network that is none: give its first address and the number of its fixed bits, [\"10.1.0.0/16\"]."
  }
}

variable "locust_dir" {
  default     = "locust"
  type        = string
  description = "Folder of the test. All of it is sent to the workers; a requirements.txt in it is installed, too."
  validation {
    condition     = fileexists("${var.locust_dir}/locustfile.py")
    error_message = "There is no locustfile.py in locust_dir: set it to the folder that holds your test."
  }
  validation {
    condition     = length(try(fileset(var.locust_dir, "*.tf"), [])) == 0
    error_message = "locust_dir holds files of Terraform, and all of it would be sent to the workers: give the test a folder of its own."
  }
}

variable "max_usd_per_hour" {
  default     = 1.0
  type        = number
  description = "A plan that costs more per hour is refused."
  validation {
    condition     = var.max_usd_per_hour > 0
    error_message = "max_usd_per_hour has to be more than 0."
  }
}
