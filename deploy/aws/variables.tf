# What is changed less often than main.tf.

variable "name" {
  default     = "gregaria"
  type        = string
  description = "Begins the names of all resources."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name has to be 2 to 20 small letters, digits and dashes, and begin with a letter."
  }
}

variable "lease" {
  default     = "1"
  type        = string
  description = "Any other value lets ttl_hours begin anew: terraform apply -var lease=2. What was spent before goes on to count."
}

variable "max_usd_in_all" {
  default     = 25
  type        = number
  description = "A plan is refused by which the cluster costs more from the first apply to its end, all leases together. It ends nothing by itself: the end of the lease does, and that is planned to come before."
  validation {
    condition     = var.max_usd_in_all > 0
    error_message = "max_usd_in_all has to be more than 0."
  }
}

variable "disk_gb" {
  default     = 8
  type        = number
  description = "Size of each node's disk. An image of yours may need more: AWS refuses a disk that is smaller than the snapshot of the image."
  validation {
    condition     = var.disk_gb >= 8 && var.disk_gb <= 500 && floor(var.disk_gb) == var.disk_gb
    error_message = "disk_gb has to be a whole number from 8 to 500, and not less than the image's own disk."
  }
}

variable "package" {
  default     = null
  type        = string
  description = "The wheel of gregaria, or an archive of wheels for nodes without the index of packages. Null: the only wheel in wheels/ or ../../dist/."
  validation {
    condition     = var.package == null || can(regex("\\.(whl|zip)$", var.package)) && fileexists(coalesce(var.package, "none"))
    error_message = "package has to be the path of a .whl file, or of a .zip of wheels that node/wheelhouse.py has made."
  }
}

variable "use_spot" {
  default     = false
  type        = bool
  description = "Take workers at the price of spot capacity. AWS may end them at any time; users move to the others."
}

variable "allowed_cidrs" {
  default     = []
  type        = list(string)
  description = "Who reaches the page and SSH. Empty: the public address from which you run Terraform."
  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs has to hold IPv4 networks such as \"203.0.113.7/32\"."
  }
  validation {
    condition     = var.allow_world || alltrue([for cidr in var.allowed_cidrs : tonumber(try(split("/", cidr)[1], 32)) >= 8])
    error_message = "allowed_cidrs opens the page to much of the internet. Give your own networks, or say so with allow_world = true."
  }
}

variable "allow_world" {
  default     = false
  type        = bool
  description = "Lets allowed_cidrs be 0.0.0.0/0. The page still asks for its password."
}

variable "enable_ssh" {
  default     = true
  type        = bool
  description = "Open port 22 to allowed_cidrs, for the key of the output private_key_pem. Session Manager works without it."
}

variable "vpc_id" {
  default     = null
  type        = string
  description = "A VPC of yours, together with subnet_id. Null: one is made, and removed at the end."
  validation {
    condition     = (var.vpc_id == null) == (var.subnet_id == null)
    error_message = "vpc_id and subnet_id belong together: give both for a network of yours, or neither."
  }
}

variable "subnet_id" {
  default     = null
  type        = string
  description = "The subnet of yours. It has to reach S3 and the hosts under test."
}

variable "master_private_ip" {
  default     = null
  type        = string
  description = "Address of the master in the subnet. Null: the tenth host, which in a subnet of yours may be taken."
  validation {
    condition     = var.master_private_ip == null || can(cidrnetmask("${var.master_private_ip}/32"))
    error_message = "master_private_ip has to be an IPv4 address such as \"10.0.1.10\"."
  }
}

variable "ami_id" {
  default     = null
  type        = string
  description = "An image of yours with cloud-init and the Python of python_version. Null: the newest Ubuntu 24.04 LTS."
  validation {
    condition     = var.ami_id == null || can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id has to be the id of an image, such as \"ami-0123456789abcdef0\"."
  }
}

variable "python_version" {
  default     = "3.12"
  type        = string
  description = "Python of the image."
  validation {
    condition     = can(regex("^3\\.(1[1-9])$", var.python_version))
    error_message = "python_version has to be 3.11 or later, such as \"3.12\"."
  }
}

variable "idle_minutes" {
  default     = 60
  type        = number
  description = "Minutes without a test after which everything ends. 0: not before ttl_hours."
  validation {
    condition     = var.idle_minutes == 0 || (var.idle_minutes >= 10 && floor(var.idle_minutes) == var.idle_minutes)
    error_message = "idle_minutes has to be 0, or a whole number of at least 10."
  }
}

variable "prices_usd_per_hour" {
  default     = {}
  type        = map(number)
  description = "Prices of instance types, by type: for types that cost.tf does not know, for other regions, and for spot."
  validation {
    condition     = alltrue([for price in values(var.prices_usd_per_hour) : price > 0])
    error_message = "prices_usd_per_hour has to hold prices above 0: an unknown price is no price of 0."
  }
}

variable "budget_email" {
  default     = null
  type        = string
  description = "Is told when the costs of this stack pass its highest total. AWS counts nothing for it before the cost allocation tag gregaria-stack is activated in the console (Billing), and then hours late: a note, not a guard."
  validation {
    condition     = var.budget_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.budget_email))
    error_message = "budget_email has to be an address such as \"you@example.com\"."
  }
}

variable "node_endpoint_url" {
  default     = null
  type        = string
  description = "One base URL for all services of AWS as the nodes call them: for emulators. Null: AWS itself."
  validation {
    condition     = var.node_endpoint_url == null || can(regex("^https?://[^/]+$", var.node_endpoint_url))
    error_message = "node_endpoint_url has to be a URL without a path, such as \"http://10.0.0.1:5000\"."
  }
}
